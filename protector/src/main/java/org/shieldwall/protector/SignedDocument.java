package org.shieldwall.protector;

import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import tools.jackson.databind.node.ObjectNode;

/**
 * A document of a maker of something, signed as any JOSE tool signs: JWS, flattened JSON, ES384.
 */
public final class SignedDocument {
  private SignedDocument() {}

  /**
   * {@return a document, signed}
   *
   * @param type the format; the payload's {@code format} says the same
   */
  public static byte[] sign(
      String type, ObjectNode payload, PrivateKeySet signer, SecureRandom random) {
    return Json.bytes(Jws.sign(type, payload, signer, random).toJson());
  }

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
