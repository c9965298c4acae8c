package org.shieldwall.tpm;

import java.security.PublicKey;

/** A signature by a TPM: TPMT_SIGNATURE (Part 2, section 11.3.4). */
public sealed interface TpmSignature {
  /** {@return the signing scheme} */
  TpmAlgorithm scheme();

  /** {@return the hash of the signed message} */
  TpmHash hash();

  /** Writes the TPMT_SIGNATURE. */
  void write(ByteWriter out);

  /**
   * An RSA signature.
   *
   * @param scheme {@link TpmAlgorithm#RSASSA} or {@link TpmAlgorithm#RSAPSS}
   * @param hash hash of the message
   * @param value the signature, big-endian, as long as the modulus
   */
  record Rsa(TpmAlgorithm scheme, TpmHash hash, Bytes value) implements TpmSignature {
    /** Refuses any other scheme. */
    public Rsa {
      if (scheme != TpmAlgorithm.RSASSA && scheme != TpmAlgorithm.RSAPSS) {
        throw new IllegalArgumentException(scheme.name());
      }
    }

    @Override
    public void write(ByteWriter out) {
      out.u16(scheme.id()).u16(hash.id()).sized(value);
    }
  }

  /**
   * An ECDSA signature.
   *
   * @param hash hash of the message
   * @param r first number, big-endian
   * @param s second number, big-endian
   */
  record Ecdsa(TpmHash hash, Bytes r, Bytes s) implements TpmSignature {
    @Override
    public TpmAlgorithm scheme() {
      return TpmAlgorithm.ECDSA;
    }

    @Override
    public void write(ByteWriter out) {
      out.u16(TpmAlgorithm.ECDSA.id()).u16(hash.id()).sized(r).sized(s);
    }
  }

  /** {@return the signature that {@code bytes} is, with nothing after it} */
  static TpmSignature parse(byte[] bytes) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(bytes, "TPMT_SIGNATURE");
    TpmSignature signature = read(in);
    in.end();
    return signature;
  }

  /** Reads a TPMT_SIGNATURE and leaves what follows it. */
  static TpmSignature read(ByteReader in) throws MalformedException {
    long at = in.offset();
    TpmAlgorithm scheme = TpmAlgorithm.read(in, "sigAlg");
    return switch (scheme) {
      case RSASSA, RSAPSS -> {
        TpmHash hash = TpmHash.read(in, "hash");
        yield new Rsa(scheme, hash, Tpm2b.read(in, "sig", 512));
      }
      case ECDSA -> {
        TpmHash hash = TpmHash.read(in, "hash");
        Bytes r = Tpm2b.read(in, "signatureR", 80);
        yield new Ecdsa(hash, r, Tpm2b.read(in, "signatureS", 80));
      }
      default ->
          throw new MalformedException(
              "TPMT_SIGNATURE", at, "RSASSA, RSAPSS or ECDSA", TpmAlgorithm.describe(scheme.id()));
    };
  }

  /**
   * {@return a signature given without its TPMT_SIGNATURE header} An RSA key's bytes are as many as
   * its modulus has; an EC key's may be DER (SEQUENCE of two INTEGERs) or r and s of equal length.
   *
   * @param key the key that is said to have signed
   * @param scheme RSASSA, RSAPSS or ECDSA
   */
  static TpmSignature ofRaw(PublicKey key, TpmAlgorithm scheme, TpmHash hash, byte[] bytes)
      throws MalformedException {
    return RawSignatures.read(key, scheme, hash, bytes);
  }

  /**
   * {@return whether this is {@code key}'s signature over {@code message}} False, never an
   * exception, where the key is of another kind or the numbers are out of range.
   */
  default boolean verify(PublicKey key, Bytes message) {
    return SignatureCheck.verify(this, key, message);
  }

  /** {@return the TPMT_SIGNATURE} */
  default Bytes marshal() {
    ByteWriter out = new ByteWriter();
    write(out);
    return out.toBytes();
  }
}
