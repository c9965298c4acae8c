package org.shieldwall.tpm;

import java.util.Optional;
import java.util.stream.Stream;

/** Algorithm identifiers, TPM_ALG_ID (TCG Algorithm Registry, section 6.10). */
public enum TpmAlgorithm {
  /** RSA keys. */
  RSA(0x0001),
  /** SHA-1. */
  SHA1(0x0004),
  /** HMAC signatures. */
  HMAC(0x0005),
  /** AES. */
  AES(0x0006),
  /** MGF1 of PKCS #1. */
  MGF1(0x0007),
  /** Data or HMAC keys. */
  KEYEDHASH(0x0008),
  /** The TPM's XOR obfuscation. */
  XOR(0x000A),
  /** SHA-256. */
  SHA256(0x000B),
  /** SHA-384. */
  SHA384(0x000C),
  /** SHA-512. */
  SHA512(0x000D),
  /** None. */
  NULL(0x0010),
  /** SM3. */
  SM3_256(0x0012),
  /** SM4. */
  SM4(0x0013),
  /** RSASSA-PKCS1-v1_5. */
  RSASSA(0x0014),
  /** RSAES-PKCS1-v1_5. */
  RSAES(0x0015),
  /** RSASSA-PSS. */
  RSAPSS(0x0016),
  /** RSAES-OAEP. */
  OAEP(0x0017),
  /** ECDSA. */
  ECDSA(0x0018),
  /** One-pass ECDH. */
  ECDH(0x0019),
  /** Anonymous attestation over elliptic curves. */
  ECDAA(0x001A),
  /** SM2. */
  SM2(0x001B),
  /** Schnorr over elliptic curves. */
  ECSCHNORR(0x001C),
  /** Two-phase MQV. */
  ECMQV(0x001D),
  /** Concatenation KDF of SP 800-56A. */
  KDF1_SP800_56A(0x0020),
  /** KDF2 of IEEE 1363a. */
  KDF2(0x0021),
  /** Counter-mode KDF of SP 800-108. */
  KDF1_SP800_108(0x0022),
  /** Elliptic-curve keys. */
  ECC(0x0023),
  /** Symmetric keys. */
  SYMCIPHER(0x0025),
  /** Camellia. */
  CAMELLIA(0x0026),
  /** SHA3-256. */
  SHA3_256(0x0027),
  /** SHA3-384. */
  SHA3_384(0x0028),
  /** SHA3-512. */
  SHA3_512(0x0029),
  /** Counter mode. */
  CTR(0x0040),
  /** Output feedback mode. */
  OFB(0x0041),
  /** Cipher block chaining mode. */
  CBC(0x0042),
  /** Cipher feedback mode. */
  CFB(0x0043),
  /** Electronic codebook mode. */
  ECB(0x0044);

  private final int id;

  TpmAlgorithm(int id) {
    this.id = id;
  }

  /** {@return the TPM_ALG_ID} */
  public int id() {
    return id;
  }

  /** {@return the algorithm with this TPM_ALG_ID} */
  public static Optional<TpmAlgorithm> ofId(int id) {
    return Stream.of(values()).filter(each -> each.id == id).findFirst();
  }

  static String describe(int id) {
    String number = "0x%04x".formatted(id);
    return ofId(id).map(each -> each + " (" + number + ")").orElse("algorithm " + number);
  }

  /** Reads a TPM_ALG_ID known here. */
  static TpmAlgorithm read(ByteReader in, String field) throws MalformedException {
    long at = in.offset();
    int id = in.u16(field);
    Optional<TpmAlgorithm> algorithm = ofId(id);
    if (algorithm.isEmpty()) {
      throw new MalformedException(field, at, "a known algorithm", describe(id));
    }
    return algorithm.get();
  }
}
