package org.shieldwall.tpm;

import java.util.Optional;

/**
 * A signing, encryption or key-exchange scheme: TPMT_RSA_SCHEME, TPMT_ECC_SCHEME or
 * TPMT_KEYEDHASH_SCHEME (Part 2, sections 11.2.4.2, 11.2.5.6 and 11.1.20).
 *
 * @param algorithm the scheme; {@link TpmAlgorithm#NULL} where the key leaves the choice open
 * @param hash its hash, for the schemes that have one
 */
public record TpmScheme(TpmAlgorithm algorithm, Optional<TpmHash> hash) {
  /** The choice is left to whoever uses the key. */
  public static final TpmScheme NONE = new TpmScheme(TpmAlgorithm.NULL, Optional.empty());

  /** Refuses a hash where the scheme has none and its absence where it has one. */
  public TpmScheme {
    if (hash.isPresent() != hasHash(algorithm)) {
      throw new IllegalArgumentException(algorithm + " with hash " + hash);
    }
  }

  /** {@return a scheme with a hash} */
  public static TpmScheme of(TpmAlgorithm algorithm, TpmHash hash) {
    return new TpmScheme(algorithm, Optional.of(hash));
  }

  private static boolean hasHash(TpmAlgorithm algorithm) {
    return switch (algorithm) {
      case NULL, RSAES -> false;
      default -> true;
    };
  }

  /** What a public area of this type may name as its scheme. */
  private static boolean fits(TpmAlgorithm type, TpmAlgorithm scheme) {
    return switch (scheme) {
      case NULL -> true;
      case RSASSA, RSAPSS, RSAES, OAEP -> type == TpmAlgorithm.RSA;
      case ECDSA, ECDH, SM2, ECSCHNORR, ECMQV -> type == TpmAlgorithm.ECC;
      case HMAC -> type == TpmAlgorithm.KEYEDHASH;
      default -> false;
    };
  }

  static TpmScheme read(ByteReader in, TpmAlgorithm type) throws MalformedException {
    long at = in.offset();
    TpmAlgorithm scheme = TpmAlgorithm.read(in, "scheme");
    if (!fits(type, scheme)) {
      throw new MalformedException(
          "scheme", at, "a scheme for " + type, TpmAlgorithm.describe(scheme.id()));
    }
    return hasHash(scheme)
        ? new TpmScheme(scheme, Optional.of(TpmHash.read(in, "scheme.hashAlg")))
        : new TpmScheme(scheme, Optional.empty());
  }

  void write(ByteWriter out) {
    out.u16(algorithm.id());
    hash.ifPresent(each -> out.u16(each.id()));
  }

  @Override
  public String toString() {
    return hash.map(each -> algorithm + "-" + each).orElse(algorithm.toString());
  }
}
