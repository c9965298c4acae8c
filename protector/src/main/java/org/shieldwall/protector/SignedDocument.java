package org.shieldwall.protector;

import java.security.interfaces.ECPublicKey;

/**
 * A document of a maker of something, signed as any JOSE tool signs: JWS, flattened JSON, ES384.
 */
public final class SignedDocument {
  private SignedDocument() {}

  /**
   * {@return what was signed, verified}
   *
   * @param type the format, in the header's {@code typ} and in the payload's {@code format}
   * @param most the longest document, in bytes
   * @param signer the key that has to have signed it, P-384
   */
  public static Json verified(byte[] document, String type, int most, ECPublicKey signer)
      throws ProtectorException {
    Jws signed = Jws.untrusted(Json.parse(document, type, most), type, most);
    signed.verify(signer);
    return signed.untrustedPayload();
  }
}
