package org.shieldwall.lab.bench;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.protector.B64u;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.AttestationBinding;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/** A host that attests as fast as it can: real messages, a TPM in software. */
final class SoftHost {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String ATTEST = "/attestation/v1/attest";
  private static final String TOKEN = "token-goes-here";
  private static final Bytes SECRET = Bytes.ofText("secret goes here, 32 bytes of it");
  private static final Bytes QUOTE = Bytes.ofText("the quote goes here");
  private static final Bytes SIGNATURE = Bytes.ofText("the signature goes here");

  /** Whom it asks. */
  interface Service {
    byte[] post(String path, byte[] body) throws IOException;
  }

  private final String name;
  private final SoftTpm tpm = SoftTpm.make(false);
  private final Bytes enclaveId;
  private final SortedMap<Integer, Bytes> pcrs;
  private final BenchEvidence evidence;
  private final KeySet enclave = PrivateKeySet.generate(RANDOM).publicKeys();
  private byte[] challengeRequest;
  private BodyTemplate answer;

  SoftHost(String name, BenchEvidence evidence, List<Integer> quoted) {
    this.name = name;
    this.evidence = evidence;
    this.enclaveId = Bytes.of(enclave.id().bytes());
    SortedMap<Integer, Bytes> values = new TreeMap<>(evidence.pcrs());
    values.put(AttestationBinding.ENCLAVE_PCR, AttestationBinding.enclavePcr(enclaveId));
    values.keySet().retainAll(quoted);
    this.pcrs = values;
    this.challengeRequest = challengeRequest(Optional.empty());
    this.answer = answer(Bytes.EMPTY);
  }

  private byte[] challengeRequest(Optional<Bytes> akCertificate) {
    return new ChallengeRequest(
            tpm.ek().sized(),
            Optional.empty(),
            tpm.ak().sized(),
            enclave,
            akCertificate,
            OptionalLong.empty())
        .toBytes();
  }

  private BodyTemplate answer(Bytes secret) {
    AttestRequest request =
        new AttestRequest(
            TOKEN,
            secret,
            tpm.ak().sized(),
            enclave,
            QUOTE,
            SIGNATURE,
            pcrs,
            evidence.log(),
            Optional.of(evidence.ima()));
    return BodyTemplate.of(
        request.toBytes(),
        secret.isEmpty()
            ? List.of(TOKEN, text(QUOTE), text(SIGNATURE))
            : List.of(TOKEN, text(secret), text(QUOTE), text(SIGNATURE)));
  }

  private static String text(Bytes bytes) {
    return B64u.encode(bytes.toArray());
  }

  HostIdentity identity() {
    return new HostIdentity(name, tpm.ek().sized(), Optional.empty(), "bench");
  }

  /** Asks for a challenge and answers it. */
  void attest(Service service) throws IOException {
    try {
      Challenge challenge =
          Challenge.parse(service.post("/attestation/v1/challenge", challengeRequest));
      SoftTpm.Quote quote =
          tpm.quote(AttestationBinding.extraData(challenge.nonce(), enclaveId), pcrs);
      String attest = text(quote.attest());
      String signature = text(quote.signature());
      if (challenge.credentialBlob().isEmpty()) {
        service.post(ATTEST, answer.fill(challenge.token(), attest, signature));
        return;
      }
      String secret = text(activate(challenge));
      byte[] reply =
          service.post(ATTEST, answer(SECRET).fill(challenge.token(), secret, attest, signature));
      certified(AttestReply.parse(reply));
    } catch (ProtectorException | MalformedException | GeneralSecurityException e) {
      throw new IOException("the service's challenge is of no use", e);
    }
  }

  private Bytes activate(Challenge challenge) throws GeneralSecurityException, MalformedException {
    return Activation.activate(
        tpm.endorsementKey(),
        tpm.ek(),
        tpm.ak().name().value(),
        challenge.credentialBlob(),
        challenge.encryptedSecret());
  }

  /** From now on the certificate of the attestation key saves the activation. */
  private void certified(AttestReply reply) {
    if (reply.akCertificate().isPresent()) {
      challengeRequest = challengeRequest(reply.akCertificate());
      answer = answer(Bytes.EMPTY);
    }
  }
}
