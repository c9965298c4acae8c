package org.shieldwall.protector;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.AesGcm;
import org.shieldwall.protector.secret.Hkdf;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * A secret at rest in a file of mode 0600, opened by a passphrase or by a key file. Its {@code
 * kind} is authenticated, so that one kind of secret is never taken for another.
 */
public final class SealedFile {
  public static final String FORMAT = "shieldwall-sealed-1";
  public static final int MAX_BYTES = 128 << 10;
  private static final String PBKDF2 = "pbkdf2-hmac-sha512";
  private static final String KEY_FILE = "key-file";

  /** OWASP's figure for PBKDF2-HMAC-SHA512 is 210,000; the cost is paid once per start. */
  private static final int ITERATIONS = 600_000;

  private static final int MIN_ITERATIONS = 210_000;
  private static final int MAX_ITERATIONS = 10_000_000;
  private static final int SALT_BYTES = 32;
  private static final int KEY_BYTES = 32;
  private static final byte[] INFO = "shieldwall sealed file".getBytes(StandardCharsets.US_ASCII);

  private SealedFile() {}

  /** What opens a sealed file. */
  public sealed interface Unlock {
    /**
     * A passphrase.
     *
     * @param utf8 stays the caller's to close
     */
    record Passphrase(SecretBytes utf8) implements Unlock {}

    /** A file of 32 random bytes, mode 0600. */
    record KeyFile(Path path) implements Unlock {}
  }

  /** Makes a key file. */
  public static void createKeyFile(Path path, SecureRandom random) throws ProtectorException {
    byte[] key = new byte[KEY_BYTES];
    random.nextBytes(key);
    try {
      SecretFile.create(path, key);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /** Seals {@code content} into a new file; refuses with {@code FILE_EXISTS} if there is one. */
  public static void create(
      Path path, String kind, SecretBytes content, Unlock unlock, SecureRandom random)
      throws ProtectorException {
    SecretFile.create(path, seal(kind, content, unlock, random));
  }

  /** Seals {@code content} into a file, in the place of one that may be there, in one step. */
  public static void replace(
      Path path, String kind, SecretBytes content, Unlock unlock, SecureRandom random)
      throws ProtectorException {
    SecretFile.replace(path, seal(kind, content, unlock, random));
  }

  /**
   * {@return the secret}.
   *
   * @throws ProtectorException {@code UNSAFE_PERMISSIONS} with the command that mends it, {@code
   *     WRONG_PASSPHRASE} or {@code WRONG_KEY_FILE} (an altered file looks the same), {@code
   *     UNKNOWN_FORMAT} for another kind of secret
   */
  public static SecretBytes open(Path path, String kind, Unlock unlock, SecretArena arena)
      throws ProtectorException {
    Json json = Json.parse(SecretFile.read(path, MAX_BYTES), path.toString(), MAX_BYTES);
    json.format(FORMAT).members("format", "kind", "kdf", "iterations", "salt", "iv", "ciphertext");
    String found = json.at("kind").text(100);
    if (!found.equals(kind)) {
      throw new ProtectorException(
          Code.UNKNOWN_FORMAT, path + ": expected a " + kind + ", found a " + found);
    }
    requireKdf(json, unlock, path);
    int iterations = iterations(json, unlock);
    byte[] salt = json.at("salt").bytes(SALT_BYTES);
    byte[] iv = json.at("iv").bytes(AesGcm.IV_BYTES);
    byte[] ciphertext = json.at("ciphertext").bytes(AesGcm.TAG_BYTES + 1, MAX_BYTES);
    try (SecretBytes key = key(unlock, salt, iterations)) {
      return SecretBytes.takeFrom(
          arena, AesGcm.open(key, iv, kind.getBytes(StandardCharsets.UTF_8), ciphertext));
    } catch (AEADBadTagException e) {
      throw switch (unlock) {
        case Unlock.Passphrase _ ->
            new ProtectorException(
                Code.WRONG_PASSPHRASE, path + ": the passphrase is wrong, or the file was altered");
        case Unlock.KeyFile file ->
            new ProtectorException(
                Code.WRONG_KEY_FILE,
                path + ": not sealed with " + file.path() + ", or the file was altered");
      };
    }
  }

  /**
   * {@return whether the sealed file is opened by a passphrase}: to know whether to ask for one.
   */
  public static boolean wantsPassphrase(Path path) throws ProtectorException {
    Json json = Json.parse(SecretFile.read(path, MAX_BYTES), path.toString(), MAX_BYTES);
    return json.format(FORMAT).at("kdf").text(30).equals(PBKDF2);
  }

  private static byte[] seal(String kind, SecretBytes content, Unlock unlock, SecureRandom random)
      throws ProtectorException {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    byte[] iv = new byte[AesGcm.IV_BYTES];
    random.nextBytes(iv);
    try (SecretBytes key = key(unlock, salt, ITERATIONS)) {
      byte[] ciphertext =
          content.expose(
              SecretAccess.because("plaintext of a sealed file"),
              bytes -> AesGcm.seal(key, iv, kind.getBytes(StandardCharsets.UTF_8), bytes));
      byte[] sealed =
          Json.bytes(
              Json.object()
                  .put("format", FORMAT)
                  .put("kind", kind)
                  .put("kdf", unlock instanceof Unlock.Passphrase ? PBKDF2 : KEY_FILE)
                  .put("iterations", unlock instanceof Unlock.Passphrase ? ITERATIONS : 0)
                  .put("salt", B64u.encode(salt))
                  .put("iv", B64u.encode(iv))
                  .put("ciphertext", B64u.encode(ciphertext)));
      if (sealed.length > MAX_BYTES) {
        throw new ProtectorException(
            Code.TOO_LARGE, "a sealed file has at most " + MAX_BYTES + " bytes");
      }
      return sealed;
    }
  }

  private static void requireKdf(Json json, Unlock unlock, Path path) throws ProtectorException {
    String kdf = json.at("kdf").text(30);
    boolean passphrase =
        switch (kdf) {
          case PBKDF2 -> true;
          case KEY_FILE -> false;
          default -> throw json.at("kdf").malformed(PBKDF2 + " or " + KEY_FILE, '"' + kdf + '"');
        };
    if (passphrase && unlock instanceof Unlock.KeyFile) {
      throw new ProtectorException(
          Code.WRONG_KEY_FILE, path + ": opened by a passphrase, not by a key file");
    }
    if (!passphrase && unlock instanceof Unlock.Passphrase) {
      throw new ProtectorException(
          Code.WRONG_PASSPHRASE, path + ": opened by a key file, not by a passphrase");
    }
  }

  /**
   * Bounded, so that a file can neither weaken its passphrase nor keep the reader busy for hours.
   */
  private static int iterations(Json json, Unlock unlock) throws ProtectorException {
    return switch (unlock) {
      case Unlock.Passphrase _ ->
          (int) json.at("iterations").number(MIN_ITERATIONS, MAX_ITERATIONS);
      case Unlock.KeyFile _ -> (int) json.at("iterations").number(0, 0);
    };
  }

  private static SecretBytes key(Unlock unlock, byte[] salt, int iterations)
      throws ProtectorException {
    return switch (unlock) {
      case Unlock.Passphrase passphrase ->
          passphrase
              .utf8()
              .expose(
                  SecretAccess.because("passphrase of PBKDF2"),
                  utf8 -> pbkdf2(utf8, salt, iterations));
      case Unlock.KeyFile file -> {
        byte[] bytes = SecretFile.read(file.path(), KEY_BYTES);
        if (bytes.length != KEY_BYTES) {
          throw new ProtectorException(
              Code.WRONG_KEY_FILE,
              file.path() + ": a key file has 32 bytes, found " + bytes.length);
        }
        try (SecretBytes secret = SecretBytes.takeFrom(SecretArena.plain(), bytes)) {
          yield Hkdf.derive(secret, salt, INFO, KEY_BYTES);
        }
      }
    };
  }

  /** The JDK encodes the password's characters as UTF-8 again, so the HMAC's key is these bytes. */
  private static SecretBytes pbkdf2(byte[] utf8, byte[] salt, int iterations) {
    char[] characters =
        StandardCharsets.UTF_8.decode(java.nio.ByteBuffer.wrap(utf8)).toString().toCharArray();
    PBEKeySpec spec = new PBEKeySpec(characters, salt, iterations, 8 * KEY_BYTES);
    try {
      return SecretBytes.takeFrom(
          SecretArena.plain(),
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512").generateSecret(spec).getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no usable PBKDF2", e);
    } finally {
      spec.clearPassword();
      Arrays.fill(characters, '\0');
    }
  }
}
