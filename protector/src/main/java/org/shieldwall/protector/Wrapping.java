package org.shieldwall.protector;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.DecapsulateException;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.AesGcm;
import org.shieldwall.protector.secret.Hkdf;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * A secret for one holder of a key set under two locks, ML-KEM-768 inside ECDH on P-384: both must
 * be broken. The order lets any JOSE implementation, or a P-384 key in a token, open the outer one.
 */
final class Wrapping {
  private static final byte[] INNER_LABEL =
      "shieldwall wrapping inner\0".getBytes(StandardCharsets.US_ASCII);
  private static final String KEM = "ML-KEM-768";

  /** The inner key is used for one message, so its IV can be fixed. */
  private static final byte[] ZERO_IV = new byte[AesGcm.IV_BYTES];

  private final Jwe outer;

  private Wrapping(Jwe outer) {
    this.outer = outer;
  }

  static Wrapping seal(
      SecretBytes secret,
      WrappingContext context,
      KeySet holder,
      SecureRandom random,
      SecretArena arena) {
    if (secret.length() != context.purpose().secretBytes()
        || !holder.id().equals(context.holder())) {
      throw new IllegalArgumentException("the secret or the holder is not that of the context");
    }
    byte[] aad = context.bytes();
    MlKem768.Encapsulated made = MlKem768.encapsulate(holder.kem(), random, arena);
    byte[] sealed;
    try (SecretBytes shared = made.shared();
        SecretBytes key = innerKey(shared, aad)) {
      sealed =
          secret.expose(
              SecretAccess.because("plaintext of a wrapping"),
              bytes -> AesGcm.seal(key, ZERO_IV, aad, bytes));
    }
    byte[] plaintext =
        Json.bytes(
            Json.object()
                .put("kem", KEM)
                .put("ct", B64u.encode(made.ciphertext()))
                .put("sealed", B64u.encode(sealed)));
    return new Wrapping(Jwe.seal(plaintext, context.text(), holder, random));
  }

  static Wrapping fromJson(Json json) throws ProtectorException {
    return new Wrapping(Jwe.fromJson(json));
  }

  ObjectNode toJson() {
    return outer.toJson();
  }

  /**
   * {@return the secret}.
   *
   * @throws ProtectorException {@code WRONG_CONTEXT} if it was made for something else, {@code
   *     WRAPPING_NOT_OPENED} if the keys do not open it
   */
  SecretBytes open(PrivateKeySet keys, WrappingContext expected, SecretArena arena)
      throws ProtectorException {
    byte[] aad = expected.bytes();
    if (!outer.context().equals(expected.text()) || !outer.holder().equals(expected.holder())) {
      throw new ProtectorException(
          Code.WRONG_CONTEXT, outer.where() + ": expected \"" + expected.text() + "\"");
    }
    byte[] plaintext = outer.open(keys, arena);
    Json inner =
        Json.parse(plaintext, outer.where() + ", inner lock", plaintext.length)
            .members("kem", "ct", "sealed");
    if (!inner.at("kem").text(30).equals(KEM)) {
      throw new ProtectorException(Code.WRONG_ALGORITHM, inner.where() + ": expected " + KEM);
    }
    byte[] ciphertext = inner.at("ct").bytes(MlKem768.CIPHERTEXT_BYTES);
    byte[] sealed = inner.at("sealed").bytes(expected.purpose().secretBytes() + AesGcm.TAG_BYTES);
    try (SecretBytes shared = keys.decapsulate(ciphertext, arena);
        SecretBytes key = innerKey(shared, aad)) {
      return SecretBytes.takeFrom(arena, AesGcm.open(key, ZERO_IV, aad, sealed));
    } catch (DecapsulateException | AEADBadTagException e) {
      throw new ProtectorException(
          Code.WRAPPING_NOT_OPENED, outer.where() + ": the inner lock does not open");
    }
  }

  private static SecretBytes innerKey(SecretBytes shared, byte[] context) {
    byte[] info = Arrays.copyOf(INNER_LABEL, INNER_LABEL.length + context.length);
    System.arraycopy(context, 0, info, INNER_LABEL.length, context.length);
    return Hkdf.derive(shared, new byte[0], info, 32);
  }
}
