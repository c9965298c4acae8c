package org.shieldwall.protector.secret;

import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/** HKDF-SHA-384 (RFC 5869), extract then expand. */
public final class Hkdf {
  private Hkdf() {}

  /** {@return {@code length} bytes derived from {@code secret}, in the same arena} */
  public static SecretBytes derive(SecretBytes secret, byte[] salt, byte[] info, int length) {
    byte[] derived =
        secret.expose(
            SecretAccess.because("key material of HKDF"),
            material -> derive("HKDF-SHA384", material, salt, info, length));
    return SecretBytes.takeFrom(secret.arena(), derived);
  }

  /** One call for the vectors' other hash too. */
  static byte[] derive(String algorithm, byte[] material, byte[] salt, byte[] info, int length) {
    try {
      return KDF.getInstance(algorithm)
          .deriveData(
              HKDFParameterSpec.ofExtract()
                  .addIKM(material)
                  .addSalt(salt)
                  .thenExpand(info, length));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no usable " + algorithm, e);
    }
  }
}
