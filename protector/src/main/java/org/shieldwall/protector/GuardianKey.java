package org.shieldwall.protector;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * A guardian with its private keys, and how they are kept.
 *
 * @param guardian the public document
 * @param keys the private keys of that document's key set
 */
public record GuardianKey(Guardian guardian, PrivateKeySet keys) {
  public static final String FORMAT = "shieldwall-guardian-key-1";
  private static final int MAX_PKCS8 = 8 << 10;

  public GuardianKey {
    if (!guardian.keys().equals(keys.publicKeys())) {
      throw new IllegalArgumentException("the keys are not the guardian's");
    }
  }

  /** Writes a new sealed file; refuses with {@code FILE_EXISTS} if there is one. */
  public void create(Path path, Unlock unlock, SecureRandom random) throws ProtectorException {
    ObjectNode json = Json.object().put("format", FORMAT);
    json.set("guardian", guardian.toJson());
    json.put("signing", encoded(keys.signing()))
        .put("encryption", encoded(keys.encryption()))
        .put("kem", encoded(keys.kem()));
    try (SecretBytes content = SecretBytes.takeFrom(SecretArena.plain(), Json.bytes(json))) {
      SealedFile.create(path, FORMAT, content, unlock, random);
    }
  }

  /**
   * Reads a sealed file, and tries each private key against its public half.
   *
   * @throws ProtectorException what {@link SealedFile#open} does; {@code INVALID_KEY}
   */
  public static GuardianKey open(Path path, Unlock unlock, SecureRandom random)
      throws ProtectorException {
    try (SecretBytes content = SealedFile.open(path, FORMAT, unlock, SecretArena.plain())) {
      return content.expose(
          SecretAccess.because("a guardian's private keys, which the JCA holds"),
          bytes ->
              fromJson(
                  Json.parseConfidential(bytes, path.toString(), SealedFile.MAX_BYTES), random));
    }
  }

  private static GuardianKey fromJson(Json json, SecureRandom random) throws ProtectorException {
    json.format(FORMAT).members("format", "guardian", "signing", "encryption", "kem");
    Guardian guardian = Guardian.fromJson(json.at("guardian"));
    PrivateKeySet keys =
        PrivateKeySet.of(
            guardian.keys(),
            privateKey("EC", json.at("signing")),
            privateKey("EC", json.at("encryption")),
            privateKey("ML-KEM-768", json.at("kem")),
            random);
    return new GuardianKey(guardian, keys);
  }

  private static String encoded(PrivateKey key) {
    byte[] pkcs8 = key.getEncoded();
    if (pkcs8 == null) {
      throw new IllegalStateException("a key in a token cannot be written to a file");
    }
    String text = B64u.encode(pkcs8);
    Arrays.fill(pkcs8, (byte) 0);
    return text;
  }

  private static PrivateKey privateKey(String algorithm, Json json) throws ProtectorException {
    byte[] pkcs8 = json.bytes(1, MAX_PKCS8);
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException e) {
      // Without the cause: it may describe the key.
      throw new ProtectorException(
          Code.INVALID_KEY, json.where() + ": not a PKCS #8 key for " + algorithm);
    } finally {
      Arrays.fill(pkcs8, (byte) 0);
    }
  }
}
