package org.shieldwall.tpm;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Why a public area is not that of an attestation key. Check it before any signature of the key:
 * only a restricted signing key that cannot leave its TPM, and that the TPM itself made, signs
 * nothing but what the TPM says about itself.
 */
public enum AttestationKeyFlaw {
  /** Without it, the key signs any digest it is handed, a forged quote's too. */
  NOT_RESTRICTED("the key is not restricted: it would sign a quote made up outside the TPM"),
  /** It could not have signed a quote. */
  NOT_SIGNING("the key does not sign"),
  /** A storage or endorsement key, offered as an attestation key. */
  DECRYPTS("the key also decrypts"),
  /** It may be duplicated into software. */
  NOT_FIXED_TPM("the key is not fixed to its TPM"),
  /** It may be moved below a parent that is known outside. */
  NOT_FIXED_PARENT("the key is not fixed to its parent"),
  /** Somebody outside the TPM may know it. */
  MADE_OUTSIDE("the key's secret was not made by the TPM"),
  /** Names in SHA-1 can be made to collide. */
  WEAK_NAME("the key's name is not a SHA-256, SHA-384 or SHA-512 digest"),
  /** Neither RSASSA, RSAPSS nor ECDSA with SHA-256, SHA-384 or SHA-512. */
  UNSUITABLE_SCHEME(
      "the key's scheme is not RSASSA, RSAPSS or ECDSA with SHA-256, SHA-384 or SHA-512"),
  /** Too short, on another curve, or not a point on its curve at all. */
  UNSUITABLE_KEY("the key is neither RSA of 2048 bits or more nor on P-256, P-384 or P-521");

  private final String title;

  AttestationKeyFlaw(String title) {
    this.title = title;
  }

  /** {@return what is wrong, in a sentence without its full stop} */
  public String title() {
    return title;
  }

  /** {@return every reason why {@code area} is not acceptable; none for a good one} */
  public static Set<AttestationKeyFlaw> of(TpmPublic area) {
    EnumSet<AttestationKeyFlaw> flaws = EnumSet.noneOf(AttestationKeyFlaw.class);
    addUnless(area.has(ObjectAttribute.RESTRICTED), NOT_RESTRICTED, flaws);
    addUnless(area.has(ObjectAttribute.SIGN), NOT_SIGNING, flaws);
    addUnless(!area.has(ObjectAttribute.DECRYPT), DECRYPTS, flaws);
    addUnless(area.has(ObjectAttribute.FIXED_TPM), NOT_FIXED_TPM, flaws);
    addUnless(area.has(ObjectAttribute.FIXED_PARENT), NOT_FIXED_PARENT, flaws);
    addUnless(area.has(ObjectAttribute.SENSITIVE_DATA_ORIGIN), MADE_OUTSIDE, flaws);
    addUnless(isStrong(area.nameAlg()), WEAK_NAME, flaws);
    addUnless(isSuitable(scheme(area.key())), UNSUITABLE_SCHEME, flaws);
    addUnless(isSuitable(area), UNSUITABLE_KEY, flaws);
    return Collections.unmodifiableSet(flaws);
  }

  private static void addUnless(
      boolean good, AttestationKeyFlaw flaw, Set<AttestationKeyFlaw> flaws) {
    if (!good) {
      flaws.add(flaw);
    }
  }

  private static boolean isStrong(TpmHash hash) {
    return switch (hash) {
      case SHA256, SHA384, SHA512 -> true;
      case SHA1, SM3_256, SHA3_256, SHA3_384, SHA3_512 -> false;
    };
  }

  private static TpmScheme scheme(TpmKey key) {
    return switch (key) {
      case TpmKey.Rsa rsa -> rsa.scheme();
      case TpmKey.Ecc ecc -> ecc.scheme();
      case TpmKey.KeyedHash ignored -> TpmScheme.NONE;
      case TpmKey.SymmetricCipher ignored -> TpmScheme.NONE;
    };
  }

  private static boolean isSuitable(TpmScheme scheme) {
    return switch (scheme.algorithm()) {
      case RSASSA, RSAPSS, ECDSA -> scheme.hash().map(AttestationKeyFlaw::isStrong).orElse(false);
      default -> false;
    };
  }

  private static boolean isSuitable(TpmPublic area) {
    if (area.key() instanceof TpmKey.Rsa rsa && rsa.keyBits() < 2048) {
      return false;
    }
    try {
      area.publicKey();
      return true;
    } catch (MalformedException e) {
      return false;
    }
  }
}
