package org.shieldwall.host.attest;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.AttestationBinding;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.Credential;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.command.TpmException;

/** The host's side of attestation in TPM mode: docs/protocol.md, sections 1 and 2. */
public final class Attester implements ModeAttester {
  /** So begin the codes of findings about the certificate of the attestation key. */
  private static final String AK_CERTIFICATE = "ak-certificate-";

  /** The finding on an IMA list of which the service knew another beginning. */
  private static final String IMA_OFFSET = "ima-offset-stale";

  private final TpmAddress place;
  private final Evidence evidence;
  private volatile boolean sentFiles;

  private final Optional<KeptCertificate> kept;

  /** Attests with the TPM at {@code place} and the logs at {@code evidence}, keeping nothing. */
  public Attester(TpmAddress place, Evidence evidence) {
    this(place, evidence, Optional.empty());
  }

  /** The same, keeping the certificate of the attestation key there between attestations. */
  public Attester(TpmAddress place, Evidence evidence, KeptCertificate kept) {
    this(place, evidence, Optional.of(kept));
  }

  private Attester(TpmAddress place, Evidence evidence, Optional<KeptCertificate> kept) {
    this.place = place;
    this.evidence = evidence;
    this.kept = kept;
  }

  /** Asks for a challenge, answers it, and returns the health certificate that was given. */
  @Override
  public AttestReply attest(HgsClient hgs, KeySet enclave)
      throws IOException,
          TpmException,
          MalformedException,
          HgsUnavailableException,
          RefusedException,
          InterruptedException {
    try (HostTpm tpm = HostTpm.open(place)) {
      Earlier earlier =
          new Earlier(
              kept.flatMap(each -> each.of(tpm.attestationKey())),
              OptionalLong.of(tpm.resetCount()));
      while (true) {
        try {
          return attest(hgs, tpm, enclave, earlier);
        } catch (RefusedException refused) {
          Earlier less = earlier.without(refused);
          if (less.equals(earlier)) {
            throw refused;
          }
          forgetAfter(earlier, less);
          earlier = less;
        }
      }
    }
  }

  /** What earlier attestations save this one. Each part is left out once it has been refused. */
  private record Earlier(Optional<Bytes> certificate, OptionalLong resetCount) {
    Earlier without(RefusedException refused) {
      return new Earlier(
          names(refused, AK_CERTIFICATE) ? Optional.empty() : certificate,
          names(refused, IMA_OFFSET) ? OptionalLong.empty() : resetCount);
    }

    private static boolean names(RefusedException refused, String code) {
      return refused.problem().findings().stream()
          .anyMatch(finding -> finding.code().startsWith(code));
    }
  }

  /** Revoked, replaced, or another service's: the TPM can show once more what it was for. */
  private void forgetAfter(Earlier earlier, Earlier less) throws IOException {
    if (kept.isPresent() && earlier.certificate().isPresent() && less.certificate().isEmpty()) {
      kept.get().forget();
    }
  }

  private AttestReply attest(HgsClient hgs, HostTpm tpm, KeySet enclave, Earlier earlier)
      throws IOException,
          TpmException,
          MalformedException,
          HgsUnavailableException,
          RefusedException,
          InterruptedException {
    ChallengeRequest request =
        request(tpm, enclave).with(earlier.certificate(), earlier.resetCount());
    AttestReply reply = hgs.attest(answer(tpm, hgs.challenge(request), enclave));
    if (kept.isPresent() && reply.akCertificate().isPresent()) {
      kept.get().keep(reply.akCertificate().get());
    }
    return reply;
  }

  /** {@return whether the last challenge answered asked what files were measured} */
  @Override
  public boolean sentFiles() {
    return sentFiles;
  }

  /** {@return the request for a challenge} */
  public ChallengeRequest request(HostTpm tpm, KeySet enclave) {
    return new ChallengeRequest(
        sized(tpm.endorsementKey().raw()),
        tpm.endorsementCertificate(),
        sized(tpm.attestationKey().raw()),
        enclave);
  }

  /** {@return the evidence that answers a challenge} */
  public AttestRequest answer(HostTpm tpm, Challenge challenge, KeySet enclave)
      throws IOException, TpmException, MalformedException {
    Bytes secret = challenge.asksForActivation() ? activate(tpm, challenge) : Bytes.EMPTY;
    Bytes enclaveId = Bytes.of(enclave.id().bytes());
    List<Integer> pcrs = challenge.pcrs();
    HostTpm.Measured measured =
        tpm.quote(AttestationBinding.extraData(challenge.nonce(), enclaveId), pcrs);
    ByteWriter signature = new ByteWriter();
    measured.quoted().signature().write(signature);
    sentFiles = challenge.wantsIma();
    Optional<Bytes> ima =
        challenge.wantsIma() ? evidence.readImaList(challenge.imaFrom()) : Optional.empty();
    return new AttestRequest(
        challenge.token(),
        secret,
        sized(tpm.attestationKey().raw()),
        enclave,
        measured.quoted().attest().raw(),
        signature.toBytes(),
        measured.values(),
        evidence.readEventLog(),
        ima,
        evidence.readCommandLine());
  }

  private static Bytes activate(HostTpm tpm, Challenge challenge)
      throws TpmException, MalformedException {
    byte[] credential =
        Bytes.concat(challenge.credentialBlob(), challenge.encryptedSecret()).toArray();
    return Bytes.of(tpm.activate(Credential.parse(credential)));
  }

  private static Bytes sized(Bytes area) {
    return new ByteWriter().sized(area).toBytes();
  }
}
