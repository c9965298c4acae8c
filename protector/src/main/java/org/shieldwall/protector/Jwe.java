package org.shieldwall.protector;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.AesGcm;
import org.shieldwall.protector.secret.AesKeyWrap;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The outer lock: JWE in general JSON serialization with one recipient (RFC 7516, section 7.2.1),
 * ECDH-ES+A256KW on P-384, A256GCM. Every header member is in the protected header, and so is the
 * context: it is authenticated there as well as in {@code aad}, which not every implementation gets
 * right (Debian's jose 11 does not, with A256GCM and a header longer than 32 characters).
 */
final class Jwe {
  private static final String CONTEXT = "shieldwall-context";
  private static final String ALGORITHM = "ECDH-ES+A256KW";
  private static final int WRAPPED_KEY_BYTES = 40;
  private static final int MAX_HEADER = 1024;
  private static final int MAX_CONTEXT = 256;
  private static final int MAX_CIPHERTEXT = 4096;

  private final String header;
  private final KeyId holder;
  private final ECPublicKey ephemeral;
  private final byte[] encryptedKey;
  private final String context;
  private final byte[] iv;
  private final byte[] ciphertextAndTag;
  private final String where;

  private Jwe(
      String header,
      KeyId holder,
      ECPublicKey ephemeral,
      byte[] encryptedKey,
      String context,
      byte[] iv,
      byte[] ciphertextAndTag,
      String where) {
    this.header = header;
    this.holder = holder;
    this.ephemeral = ephemeral;
    this.encryptedKey = encryptedKey;
    this.context = context;
    this.iv = iv;
    this.ciphertextAndTag = ciphertextAndTag;
    this.where = where;
  }

  static Jwe seal(byte[] plaintext, String context, KeySet holder, SecureRandom random) {
    KeyPair pair = P384.generate(random);
    ECPublicKey ephemeral = (ECPublicKey) pair.getPublic();
    ObjectNode header =
        Json.object()
            .put("alg", ALGORITHM)
            .put("enc", "A256GCM")
            .put("kid", holder.id().text())
            .put(CONTEXT, context);
    header.set("epk", P384.toJwk(ephemeral));
    String headerText = B64u.encode(Json.bytes(header));
    byte[] contentKey = new byte[32];
    random.nextBytes(contentKey);
    byte[] iv = new byte[AesGcm.IV_BYTES];
    random.nextBytes(iv);
    byte[] wrappingKey = concatKdf(P384.agree(pair.getPrivate(), holder.encryption()));
    byte[] wrappedKey = AesKeyWrap.wrap(wrappingKey, contentKey);
    Arrays.fill(wrappingKey, (byte) 0);
    try (SecretBytes key = SecretBytes.takeFrom(SecretArena.plain(), contentKey)) {
      byte[] sealed = AesGcm.seal(key, iv, authenticated(headerText), plaintext);
      return new Jwe(
          headerText, holder.id(), ephemeral, wrappedKey, context, iv, sealed, "new wrapping");
    }
  }

  static Jwe fromJson(Json json) throws ProtectorException {
    json.members("protected", "recipients", "iv", "ciphertext", "tag");
    byte[] headerBytes = json.at("protected").bytes(1, MAX_HEADER);
    Json header = Json.parse(headerBytes, json.where() + ", JWE header", MAX_HEADER);
    if (!header.at("alg").text(30).equals(ALGORITHM)
        || !header.at("enc").text(30).equals("A256GCM")) {
      throw new ProtectorException(
          Code.WRONG_ALGORITHM, header.where() + ": expected " + ALGORITHM + " and A256GCM");
    }
    header.members("alg", "enc", "kid", "epk", CONTEXT);
    Json recipient = json.at("recipients").list(1, 1).getFirst().members("encrypted_key");
    byte[] ciphertext = json.at("ciphertext").bytes(1, MAX_CIPHERTEXT);
    byte[] tag = json.at("tag").bytes(AesGcm.TAG_BYTES);
    return new Jwe(
        B64u.encode(headerBytes),
        header.at("kid").keyId(),
        P384.fromJwk(header.at("epk")),
        recipient.at("encrypted_key").bytes(WRAPPED_KEY_BYTES),
        header.at(CONTEXT).text(MAX_CONTEXT),
        json.at("iv").bytes(AesGcm.IV_BYTES),
        ByteBuffer.allocate(ciphertext.length + tag.length).put(ciphertext).put(tag).array(),
        json.where());
  }

  ObjectNode toJson() {
    int length = ciphertextAndTag.length - AesGcm.TAG_BYTES;
    ObjectNode json = Json.object().put("protected", header);
    ArrayNode recipients = json.putArray("recipients");
    recipients.addObject().put("encrypted_key", B64u.encode(encryptedKey));
    return json.put("iv", B64u.encode(iv))
        .put("ciphertext", B64u.encode(Arrays.copyOf(ciphertextAndTag, length)))
        .put(
            "tag",
            B64u.encode(Arrays.copyOfRange(ciphertextAndTag, length, ciphertextAndTag.length)));
  }

  /** {@return the plaintext}, itself still locked by the inner lock. */
  byte[] open(PrivateKeySet keys, SecretArena arena) throws ProtectorException {
    byte[] wrappingKey = concatKdf(keys.agree(ephemeral));
    Optional<byte[]> contentKey = AesKeyWrap.unwrap(wrappingKey, encryptedKey);
    Arrays.fill(wrappingKey, (byte) 0);
    if (contentKey.isEmpty()) {
      throw notOpened();
    }
    try (SecretBytes key = SecretBytes.takeFrom(arena, contentKey.get())) {
      return AesGcm.open(key, iv, authenticated(header), ciphertextAndTag);
    } catch (AEADBadTagException e) {
      throw notOpened();
    }
  }

  KeyId holder() {
    return holder;
  }

  String context() {
    return context;
  }

  String where() {
    return where;
  }

  private ProtectorException notOpened() {
    return new ProtectorException(
        Code.WRAPPING_NOT_OPENED, where + ": the outer lock does not open");
  }

  /** RFC 7516, section 5.1, step 14, without {@code aad}. */
  private static byte[] authenticated(String header) {
    return header.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Concat KDF (RFC 7518, section 4.6.2) for 256 bits: one round of SHA-256 over the counter, Z and
   * OtherInfo, which is the algorithm's name, two empty parties and the length in bits. Zeroes Z.
   */
  static byte[] concatKdf(byte[] z) {
    byte[] algorithm = ALGORITHM.getBytes(StandardCharsets.US_ASCII);
    byte[] otherInfo =
        ByteBuffer.allocate(4 + algorithm.length + 4 + 4 + 4)
            .putInt(algorithm.length)
            .put(algorithm)
            .putInt(0)
            .putInt(0)
            .putInt(256)
            .array();
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(new byte[] {0, 0, 0, 1});
      sha256.update(z);
      return sha256.digest(otherInfo);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    } finally {
      Arrays.fill(z, (byte) 0);
    }
  }
}
