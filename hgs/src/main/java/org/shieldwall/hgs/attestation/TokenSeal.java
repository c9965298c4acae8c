package org.shieldwall.hgs.attestation;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import org.shieldwall.protector.B64u;
import org.shieldwall.protector.secret.AesGcm;
import org.shieldwall.protector.secret.Hkdf;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.MalformedException;

/**
 * Seals tokens under a key of the service: 32 random bytes, from which and from the service's key
 * each token's own AES-256-GCM key is derived (HKDF-SHA-384), and the ciphertext. A key of its own
 * for each leaves no bound on how many tokens there may be under a random IV.
 */
final class TokenSeal {
  private static final byte[] LABEL =
      "shieldwall challenge token".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ZERO_IV = new byte[AesGcm.IV_BYTES];
  private static final int SALT_SIZE = 32;
  private static final int KEY_SIZE = 32;

  private final SecretBytes key;
  private final SecureRandom random;

  TokenSeal(SecretBytes key, SecureRandom random) {
    this.key = key;
    this.random = random;
  }

  String seal(ChallengeToken token) {
    byte[] salt = new byte[SALT_SIZE];
    random.nextBytes(salt);
    byte[] plaintext = token.encoded();
    try (SecretBytes own = Hkdf.derive(key, salt, LABEL, KEY_SIZE)) {
      byte[] sealed = AesGcm.seal(own, ZERO_IV, LABEL, plaintext);
      byte[] whole = Arrays.copyOf(salt, SALT_SIZE + sealed.length);
      System.arraycopy(sealed, 0, whole, SALT_SIZE, sealed.length);
      return B64u.encode(whole);
    } finally {
      Arrays.fill(plaintext, (byte) 0);
    }
  }

  /** {@return the token, or nothing if this service did not seal it or it has been altered} */
  Optional<ChallengeToken> open(String text) {
    byte[] whole = B64u.decode(text).orElse(new byte[0]);
    if (whole.length <= SALT_SIZE) {
      return Optional.empty();
    }
    byte[] salt = Arrays.copyOf(whole, SALT_SIZE);
    byte[] sealed = Arrays.copyOfRange(whole, SALT_SIZE, whole.length);
    try (SecretBytes own = Hkdf.derive(key, salt, LABEL, KEY_SIZE)) {
      return Optional.of(ChallengeToken.decode(AesGcm.open(own, ZERO_IV, LABEL, sealed)));
    } catch (AEADBadTagException e) {
      return Optional.empty();
    } catch (MalformedException e) {
      throw new IllegalStateException("a token that this service sealed does not read", e);
    }
  }
}
