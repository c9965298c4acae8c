package org.shieldwall.lab.bench;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.protector.B64u;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
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
  private final byte[] challengeRequest;
  private final BodyTemplate answer;

  SoftHost(String name, BenchEvidence evidence, List<Integer> quoted) {
    this.name = name;
    KeySet enclave = PrivateKeySet.generate(RANDOM).publicKeys();
    this.enclaveId = Bytes.of(enclave.id().bytes());
    SortedMap<Integer, Bytes> values = new TreeMap<>(evidence.pcrs());
    values.put(AttestationBinding.ENCLAVE_PCR, AttestationBinding.enclavePcr(enclaveId));
    values.keySet().retainAll(quoted);
    this.pcrs = values;
    this.challengeRequest =
        new ChallengeRequest(tpm.ek().sized(), Optional.empty(), tpm.ak().sized(), enclave)
            .toBytes();
    this.answer =
        BodyTemplate.of(
            new AttestRequest(
                    TOKEN,
                    SECRET,
                    tpm.ak().sized(),
                    enclave,
                    QUOTE,
                    SIGNATURE,
                    pcrs,
                    evidence.log(),
                    Optional.of(evidence.ima()))
                .toBytes(),
            List.of(TOKEN, text(SECRET), text(QUOTE), text(SIGNATURE)));
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
      Bytes secret =
          Activation.activate(
              tpm.endorsementKey(),
              tpm.ek(),
              tpm.ak().name().value(),
              challenge.credentialBlob(),
              challenge.encryptedSecret());
      SoftTpm.Quote quote =
          tpm.quote(AttestationBinding.extraData(challenge.nonce(), enclaveId), pcrs);
      byte[] body =
          answer.fill(
              challenge.token(), text(secret), text(quote.attest()), text(quote.signature()));
      service.post("/attestation/v1/attest", body);
    } catch (ProtectorException | MalformedException | GeneralSecurityException e) {
      throw new IOException("the service's challenge is of no use", e);
    }
  }
}
