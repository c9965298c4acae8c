package org.shieldwall.host.attest;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
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
public final class Attester {
  private final TpmAddress place;
  private final Evidence evidence;
  private volatile boolean sentFiles;

  /** Attests with the TPM at {@code place} and the logs at {@code evidence}. */
  public Attester(TpmAddress place, Evidence evidence) {
    this.place = place;
    this.evidence = evidence;
  }

  /** Asks for a challenge, answers it, and returns the health certificate that was given. */
  public AttestReply attest(HgsClient hgs, KeySet enclave)
      throws IOException,
          TpmException,
          MalformedException,
          HgsUnavailableException,
          RefusedException,
          InterruptedException {
    try (HostTpm tpm = HostTpm.open(place)) {
      Challenge challenge = hgs.challenge(request(tpm, enclave));
      return hgs.attest(answer(tpm, challenge, enclave));
    }
  }

  /** {@return whether the last challenge answered asked what files were measured} */
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
    byte[] credential =
        Bytes.concat(challenge.credentialBlob(), challenge.encryptedSecret()).toArray();
    Bytes secret = Bytes.of(tpm.activate(Credential.parse(credential)));
    Bytes enclaveId = Bytes.of(enclave.id().bytes());
    List<Integer> pcrs = challenge.pcrs();
    HostTpm.Measured measured =
        tpm.quote(AttestationBinding.extraData(challenge.nonce(), enclaveId), pcrs);
    ByteWriter signature = new ByteWriter();
    measured.quoted().signature().write(signature);
    sentFiles = challenge.wantsIma();
    Optional<Bytes> ima = challenge.wantsIma() ? evidence.readImaList() : Optional.empty();
    return new AttestRequest(
        challenge.token(),
        secret,
        sized(tpm.attestationKey().raw()),
        enclave,
        measured.quoted().attest().raw(),
        signature.toBytes(),
        measured.values(),
        evidence.readEventLog(),
        ima);
  }

  private static Bytes sized(Bytes area) {
    return new ByteWriter().sized(area).toBytes();
  }
}
