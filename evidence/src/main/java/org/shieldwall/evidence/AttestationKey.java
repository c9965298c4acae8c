package org.shieldwall.evidence;

import java.security.PublicKey;
import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.AttestationKeyFlaw;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmKey;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmScheme;

/**
 * Whether a key may attest. Its signature proves something about a TPM only if the TPM made the
 * key, keeps it, and signs nothing with it that looks like an attestation and is none: a restricted
 * key refuses to sign outside data that begins with TPM_GENERATED_VALUE (TPM 2.0 Library, Part 1,
 * section 25.1.5).
 */
public final class AttestationKey {
  private AttestationKey() {}

  /**
   * {@return everything that keeps this key from attesting; nothing if it may}
   *
   * @param acceptSha1 whether a signing scheme with SHA-1 will do; relaxes nothing else
   */
  public static List<Finding> check(TpmPublic area, boolean acceptSha1) {
    return AttestationKeyFlaw.of(area).stream()
        .filter(
            flaw -> flaw != AttestationKeyFlaw.UNSUITABLE_SCHEME || !acceptSha1 || !signsSha1(area))
        .map(flaw ->
            new Finding(
                FindingCode.AK_UNACCEPTABLE,
                flaw.title(),
                "a restricted signing key made by and fixed to its TPM",
                area.key().type() + " " + area.attributes()))
        .toList();
  }

  private static boolean signsSha1(TpmPublic area) {
    TpmScheme scheme =
        switch (area.key()) {
          case TpmKey.Rsa rsa -> rsa.scheme();
          case TpmKey.Ecc ecc -> ecc.scheme();
          case TpmKey.KeyedHash _, TpmKey.SymmetricCipher _ -> TpmScheme.NONE;
        };
    boolean signing =
        scheme.algorithm() == TpmAlgorithm.RSASSA
            || scheme.algorithm() == TpmAlgorithm.RSAPSS
            || scheme.algorithm() == TpmAlgorithm.ECDSA;
    return signing && scheme.hash().equals(Optional.of(TpmHash.SHA1));
  }

  /** {@return the key in Java's terms, if it is one} */
  public static Optional<PublicKey> publicKey(TpmPublic area) {
    try {
      return Optional.of(area.publicKey());
    } catch (MalformedException e) {
      return Optional.empty();
    }
  }
}
