package org.shieldwall.tpm;

import java.security.PublicKey;

/**
 * A public area, TPMT_PUBLIC (Part 2, section 12.2.4): what kind of object it is, what its TPM
 * promises about it, and its public key. Make one with {@link #parse} or {@link #of}, so that
 * {@link #raw} is what the other fields say.
 *
 * @param nameAlg hash of the object's name and policy
 * @param attributes what the TPM promises about the object
 * @param authPolicy digest of the policy that authorizes its use; empty for none
 * @param key parameters and public key, by type
 * @param raw the marshalled TPMT_PUBLIC, over which the name is computed
 */
public record TpmPublic(
    TpmHash nameAlg, ObjectAttributes attributes, Bytes authPolicy, TpmKey key, Bytes raw) {
  /** No genuine public area is longer: RSA-4096 with a SHA-512 policy takes under 600 bytes. */
  private static final int MAX_SIZE = 1024;

  private static final int MAX_MODULUS = 512;
  private static final int MAX_COORDINATE = 80;

  /**
   * {@return the public area that {@code bytes} is, with nothing after it}
   *
   * @param bytes a TPMT_PUBLIC
   */
  public static TpmPublic parse(byte[] bytes) throws MalformedException {
    return read(ByteReader.bigEndian(bytes, "TPMT_PUBLIC"));
  }

  /** Reads all of {@code in}. */
  private static TpmPublic read(ByteReader in) throws MalformedException {
    if (in.remaining() > MAX_SIZE) {
      throw in.malformed("at most " + MAX_SIZE + " bytes", in.remaining() + " bytes");
    }
    Bytes raw = in.ahead();
    long at = in.offset();
    TpmAlgorithm type = TpmAlgorithm.read(in, "type");
    long nameAlgAt = in.offset();
    TpmHash nameAlg = TpmHash.read(in, "nameAlg");
    if (!nameAlg.isSupported()) {
      throw new MalformedException(
          "nameAlg", nameAlgAt, "a hash that can be computed here", nameAlg.label());
    }
    ObjectAttributes attributes = ObjectAttributes.read(in);
    Bytes authPolicy = Tpm2b.read(in, "authPolicy", nameAlg.size());
    if (!authPolicy.isEmpty() && authPolicy.length() != nameAlg.size()) {
      throw in.malformed(
          "an authPolicy of 0 or " + nameAlg.size() + " bytes", authPolicy.length() + " bytes");
    }
    TpmKey key = readKey(in, type, at);
    in.end();
    return new TpmPublic(nameAlg, attributes, authPolicy, key, raw);
  }

  /**
   * {@return the public area in {@code bytes}, with nothing after it}
   *
   * @param bytes a TPM2B_PUBLIC: a 16-bit length and a TPMT_PUBLIC
   */
  public static TpmPublic parseSized(byte[] bytes) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(bytes, "TPM2B_PUBLIC");
    TpmPublic parsed = readSized(in);
    in.end();
    return parsed;
  }

  /** Reads a TPM2B_PUBLIC and leaves what follows it. */
  public static TpmPublic readSized(ByteReader in) throws MalformedException {
    return read(in.slice(in.u16("publicArea.size"), "publicArea"));
  }

  /** {@return the public area with these fields} */
  public static TpmPublic of(
      TpmHash nameAlg, ObjectAttributes attributes, Bytes authPolicy, TpmKey key) {
    ByteWriter out = new ByteWriter();
    out.u16(key.type().id()).u16(nameAlg.id()).u32(attributes.bits()).sized(authPolicy);
    writeKey(out, key);
    return new TpmPublic(nameAlg, attributes, authPolicy, key, out.toBytes());
  }

  /** {@return the TPM2B_PUBLIC: a 16-bit length and the area} */
  public Bytes sized() {
    return new ByteWriter().sized(raw).toBytes();
  }

  /** {@return the object's name} */
  public TpmName name() {
    return TpmName.of(this);
  }

  /** {@return whether {@code attribute} is set} */
  public boolean has(ObjectAttribute attribute) {
    return attributes.has(attribute);
  }

  /**
   * {@return the key in Java's terms}
   *
   * @throws MalformedException if this is no RSA or ECC key, its curve is not supported, its point
   *     is not on the curve or its modulus is not of the size it claims
   */
  public PublicKey publicKey() throws MalformedException {
    return PublicKeys.toJava(key);
  }

  private static TpmKey readKey(ByteReader in, TpmAlgorithm type, long typeAt)
      throws MalformedException {
    return switch (type) {
      case RSA -> {
        SymmetricDefinition symmetric = SymmetricDefinition.read(in);
        TpmScheme scheme = TpmScheme.read(in, type);
        int keyBits = in.u16("keyBits");
        long exponent = in.u32("exponent");
        Bytes modulus = Tpm2b.read(in, "unique.rsa", MAX_MODULUS);
        yield new TpmKey.Rsa(symmetric, scheme, keyBits, exponent, modulus);
      }
      case ECC -> {
        SymmetricDefinition symmetric = SymmetricDefinition.read(in);
        TpmScheme scheme = TpmScheme.read(in, type);
        TpmCurve curve = TpmCurve.read(in, "curveID");
        TpmScheme kdf = readKdf(in);
        Bytes x = Tpm2b.read(in, "unique.ecc.x", MAX_COORDINATE);
        Bytes y = Tpm2b.read(in, "unique.ecc.y", MAX_COORDINATE);
        yield new TpmKey.Ecc(symmetric, scheme, curve, kdf, x, y);
      }
      case KEYEDHASH -> {
        TpmScheme scheme = TpmScheme.read(in, type);
        yield new TpmKey.KeyedHash(scheme, Tpm2b.read(in, "unique.keyedHash", 64));
      }
      case SYMCIPHER -> {
        SymmetricDefinition symmetric = SymmetricDefinition.read(in);
        yield new TpmKey.SymmetricCipher(symmetric, Tpm2b.read(in, "unique.sym", 64));
      }
      default ->
          throw new MalformedException(
              "TPMT_PUBLIC",
              typeAt,
              "an object type (RSA, ECC, KEYEDHASH, SYMCIPHER)",
              TpmAlgorithm.describe(type.id()));
    };
  }

  private static TpmScheme readKdf(ByteReader in) throws MalformedException {
    long at = in.offset();
    TpmAlgorithm algorithm = TpmAlgorithm.read(in, "kdf.scheme");
    return switch (algorithm) {
      case NULL -> TpmScheme.NONE;
      case MGF1, KDF1_SP800_56A, KDF2, KDF1_SP800_108 ->
          TpmScheme.of(algorithm, TpmHash.read(in, "kdf.hashAlg"));
      default ->
          throw new MalformedException(
              "TPMT_KDF_SCHEME",
              at,
              "a key derivation function or NULL",
              TpmAlgorithm.describe(algorithm.id()));
    };
  }

  private static void writeKey(ByteWriter out, TpmKey key) {
    switch (key) {
      case TpmKey.Rsa rsa -> {
        rsa.symmetric().write(out);
        rsa.scheme().write(out);
        out.u16(rsa.keyBits()).u32(rsa.exponent()).sized(rsa.modulus());
      }
      case TpmKey.Ecc ecc -> {
        ecc.symmetric().write(out);
        ecc.scheme().write(out);
        out.u16(ecc.curve().id());
        ecc.kdf().write(out);
        out.sized(ecc.x()).sized(ecc.y());
      }
      case TpmKey.KeyedHash hash -> {
        hash.scheme().write(out);
        out.sized(hash.unique());
      }
      case TpmKey.SymmetricCipher cipher -> {
        cipher.symmetric().write(out);
        out.sized(cipher.unique());
      }
    }
  }
}
