package org.shieldwall.hgs.attestation;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** Challenges of the modes that prove who a host is, and nothing of what it runs. */
final class ProofChallenges {
  private static final Duration VALIDITY = Duration.ofMinutes(2);

  private final TokenSeal seal;
  private final SecureRandom random;

  ProofChallenges(TokenSeal seal, SecureRandom random) {
    this.seal = seal;
    this.random = random;
  }

  /**
   * {@return a challenge for whoever has {@code identity}}
   *
   * @param identity 32 bytes that the answer must be for
   */
  NonceChallenge challenge(
      ChallengeToken.Proof proof, Bytes identity, KeySet enclave, Instant now) {
    ChallengeToken token =
        new ChallengeToken(
            random(ChallengeToken.ID_SIZE),
            now.plus(VALIDITY).truncatedTo(ChronoUnit.SECONDS),
            random(ChallengeToken.NONCE_SIZE),
            proof,
            identity,
            Bytes.EMPTY,
            id(enclave),
            Optional.empty());
    return new NonceChallenge(seal.seal(token), token.nonce(), token.expires());
  }

  private Bytes random(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return Bytes.of(bytes);
  }

  static Bytes id(KeySet enclave) {
    return Bytes.of(enclave.id().bytes());
  }

  /** {@return what is wrong if the answer is for another enclave than the challenge was} */
  static List<ReportedFinding> sameEnclave(ChallengeToken token, KeySet enclave) {
    return MessageDigest.isEqual(token.enclave().toArray(), enclave.id().bytes())
        ? List.of()
        : List.of(AttestationFindings.changed("enclave"));
  }

  /** {@return claims of a proof of identity: there is no policy, baseline or boot to speak of} */
  static HealthClaims claims(
      AttestationMode mode, String host, String identity, String group, KeySet enclave) {
    return new HealthClaims(
        mode.id(),
        mode.assurance().id(),
        host,
        identity,
        group,
        enclave,
        mode.id(),
        1,
        List.of(),
        0,
        0);
  }
}
