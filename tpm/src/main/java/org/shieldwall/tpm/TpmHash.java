package org.shieldwall.tpm;

import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hash algorithms of TPM 2.0, with their TPM_ALG_ID (TCG Algorithm Registry, section 6.10) and
 * their name in Java. SM3 is known, so that its PCR bank can be stepped over and named, but cannot
 * be computed here.
 */
public enum TpmHash {
  /** SHA-1: for old logs and banks. */
  SHA1(0x0004, "SHA-1", "SHA1", 20),
  /** SHA-256. */
  SHA256(0x000B, "SHA-256", "SHA256", 32),
  /** SHA-384. */
  SHA384(0x000C, "SHA-384", "SHA384", 48),
  /** SHA-512. */
  SHA512(0x000D, "SHA-512", "SHA512", 64),
  /** SM3: known, not supported. */
  SM3_256(0x0012, "", "", 32),
  /** SHA3-256. */
  SHA3_256(0x0027, "SHA3-256", "SHA3-256", 32),
  /** SHA3-384. */
  SHA3_384(0x0028, "SHA3-384", "SHA3-384", 48),
  /** SHA3-512. */
  SHA3_512(0x0029, "SHA3-512", "SHA3-512", 64);

  private final int id;
  private final String javaName;
  private final String javaShortName;
  private final int size;

  TpmHash(int id, String javaName, String javaShortName, int size) {
    this.id = id;
    this.javaName = javaName;
    this.javaShortName = javaShortName;
    this.size = size;
  }

  /** {@return the TPM_ALG_ID} */
  public int id() {
    return id;
  }

  /** {@return digest length in bytes} */
  public int size() {
    return size;
  }

  /** {@return whether this program can compute it} */
  public boolean isSupported() {
    return !javaName.isEmpty();
  }

  /** {@return the name tpm2-tools and the kernel use, e.g. {@code sha256}} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return the algorithm with this TPM_ALG_ID, if it is a hash known here} */
  public static Optional<TpmHash> ofId(int id) {
    return Stream.of(values()).filter(each -> each.id == id).findFirst();
  }

  /** {@return the algorithm with this {@link #label}, in any case} */
  public static Optional<TpmHash> ofLabel(String label) {
    return Stream.of(values()).filter(each -> each.label().equalsIgnoreCase(label)).findFirst();
  }

  /**
   * {@return a fresh digest}
   *
   * @throws UnsupportedOperationException for an algorithm that is known only by name
   */
  public MessageDigest digest() {
    requireSupported();
    try {
      return MessageDigest.getInstance(javaName);
    } catch (NoSuchAlgorithmException e) {
      throw new UnsupportedOperationException(javaName + " is missing from this Java runtime", e);
    }
  }

  /** {@return the digest of {@code parts}, one after the other} */
  public Bytes hash(Bytes... parts) {
    MessageDigest digest = digest();
    for (Bytes part : parts) {
      part.updateInto(digest);
    }
    return Bytes.adopt(digest.digest());
  }

  /** {@return the digest of {@code data}} */
  public Bytes hash(byte[] data) {
    return Bytes.adopt(digest().digest(data));
  }

  /** {@return what a PCR holding {@code old} holds after being extended with {@code with}} */
  public Bytes extend(Bytes old, Bytes with) {
    return hash(old, with);
  }

  /**
   * {@return the HMAC of {@code message}}
   *
   * @param key not empty; not kept
   */
  public Bytes hmac(byte[] key, byte[] message) {
    requireSupported();
    String name = "Hmac" + javaShortName;
    try {
      Mac mac = Mac.getInstance(name);
      mac.init(new SecretKeySpec(key, name));
      return Bytes.adopt(mac.doFinal(message));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new UnsupportedOperationException(name + " is missing from this Java runtime", e);
    }
  }

  /** {@return Java's name of this hash, e.g. {@code SHA-256}} */
  public String javaName() {
    requireSupported();
    return javaName;
  }

  /** {@return how Java spells this hash in a signature's name, e.g. {@code SHA256}} */
  String signaturePrefix() {
    requireSupported();
    return javaShortName;
  }

  /** Reads a TPM_ALG_ID that must be a hash. */
  public static TpmHash read(ByteReader in, String field) throws MalformedException {
    long at = in.offset();
    int id = in.u16(field);
    Optional<TpmHash> hash = ofId(id);
    if (hash.isEmpty()) {
      throw new MalformedException(field, at, "a hash algorithm", TpmAlgorithm.describe(id));
    }
    return hash.get();
  }

  private void requireSupported() {
    if (!isSupported()) {
      throw new UnsupportedOperationException(label() + " is known but not supported");
    }
  }
}
