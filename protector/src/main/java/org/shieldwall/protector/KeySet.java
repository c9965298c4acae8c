package org.shieldwall.protector;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import tools.jackson.databind.node.ObjectNode;

/**
 * The three public keys of one holder: a guardian, an owner, a template signer or an enclave.
 * Immutable; the keys have been checked. Equal if the encodings are.
 */
public final class KeySet {
  /** Length of the encoding that the id is the digest of. */
  public static final int ENCODING_BYTES = 1397;

  private static final byte[] PREFIX = "shieldwall keys v1\0".getBytes(StandardCharsets.US_ASCII);

  private final ECPublicKey signing;
  private final ECPublicKey encryption;
  private final PublicKey kem;
  private final byte[] encoding;
  private final KeyId id;

  private KeySet(ECPublicKey signing, ECPublicKey encryption, PublicKey kem) {
    this.signing = signing;
    this.encryption = encryption;
    this.kem = kem;
    this.encoding =
        ByteBuffer.allocate(ENCODING_BYTES)
            .put(PREFIX)
            .put(P384.encode(signing))
            .put(P384.encode(encryption))
            .put(MlKem768.encode(kem))
            .array();
    this.id = KeyId.of(encoding);
  }

  /** Checks the keys: points on the curve, a well-formed encapsulation key. */
  static KeySet of(ECPublicKey signing, ECPublicKey encryption, PublicKey kem)
      throws ProtectorException {
    return new KeySet(
        P384.decode(P384.encode(signing), "signing key"),
        P384.decode(P384.encode(encryption), "encryption key"),
        MlKem768.decode(MlKem768.encode(kem), "encapsulation key"));
  }

  /** Reads the JSON form. */
  public static KeySet fromJson(Json json) throws ProtectorException {
    json.members("signing", "encryption", "kem");
    return new KeySet(
        P384.fromJwk(json.at("signing")),
        P384.fromJwk(json.at("encryption")),
        MlKem768.decode(json.at("kem").bytes(MlKem768.KEY_BYTES), json.at("kem").where()));
  }

  /** {@return the JSON form} */
  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.set("signing", P384.toJwk(signing));
    json.set("encryption", P384.toJwk(encryption));
    return json.put("kem", B64u.encode(MlKem768.encode(kem)));
  }

  /** {@return the P-384 key that ES384 signatures verify under} */
  public ECPublicKey signing() {
    return signing;
  }

  /** {@return the P-384 key of the outer lock} */
  public ECPublicKey encryption() {
    return encryption;
  }

  /** {@return the ML-KEM-768 key of the inner lock} */
  public PublicKey kem() {
    return kem;
  }

  /** {@return a copy of the 1,397 bytes that the id is the digest of} */
  public byte[] encoding() {
    return encoding.clone();
  }

  /** {@return the SHA-256 of the encoding} */
  public KeyId id() {
    return id;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeySet that && Arrays.equals(encoding, that.encoding);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoding);
  }

  @Override
  public String toString() {
    return "KeySet[" + id + "]";
  }
}
