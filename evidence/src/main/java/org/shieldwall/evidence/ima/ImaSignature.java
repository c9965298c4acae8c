package org.shieldwall.evidence.ima;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Cipher;
import org.shieldwall.tpm.Bytes;

/**
 * A file's signature as the kernel keeps it in {@code security.ima} and in lists of template {@code
 * ima-sig} ({@code security/integrity/integrity.h}, {@code struct signature_v2_hdr}): type 3,
 * version 2, hash, key id, length and signature, numbers big-endian. It is over the file's digest;
 * those of version 3, over a structure around it, are not taken.
 */
public final class ImaSignature {
  private static final int HEADER = 9;
  private static final int TYPE = 3;
  private static final int VERSION = 2;

  /** {@code include/uapi/linux/hash_info.h}; SHA-1 and MD5 are left out. */
  private static final Map<Integer, String> HASHES = Map.of(4, "sha256", 5, "sha384", 6, "sha512");

  /** DigestInfo before the digest (RFC 8017, section 9.2, note 1). */
  private static final Map<String, String> DIGEST_INFO =
      Map.of(
          "sha256", "3031300d060960864801650304020105000420",
          "sha384", "3041300d060960864801650304020205000430",
          "sha512", "3051300d060960864801650304020305000440");

  private ImaSignature() {}

  /**
   * {@return whether {@code signature} is this key's over a file}
   *
   * @param hashName name of the hash of {@code digest}, which has to be the signature's own
   * @param digest the file's digest
   */
  public static boolean verify(Bytes signature, PublicKey signer, String hashName, Bytes digest) {
    if (signature.length() <= HEADER
        || signature.at(0) != TYPE
        || signature.at(1) != VERSION
        || !hashName.equals(HASHES.get(signature.at(2)))) {
      return false;
    }
    int length = signature.at(7) << 8 | signature.at(8);
    if (length != signature.length() - HEADER) {
      return false;
    }
    byte[] raw = signature.slice(HEADER, signature.length()).toArray();
    try {
      return switch (signer) {
        case RSAPublicKey rsa -> rsa(rsa, raw, hashName, digest);
        case ECPublicKey ec -> ec(ec, raw, digest);
        default -> false;
      };
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** PKCS #1 v1.5 over a digest that is already made: unpadded and compared whole. */
  private static boolean rsa(RSAPublicKey signer, byte[] raw, String hashName, Bytes digest)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding");
    cipher.init(Cipher.DECRYPT_MODE, signer);
    byte[] signed = cipher.doFinal(raw);
    byte[] head = HexFormat.of().parseHex(DIGEST_INFO.getOrDefault(hashName, ""));
    byte[] expected = Arrays.copyOf(head, head.length + digest.length());
    System.arraycopy(digest.toArray(), 0, expected, head.length, digest.length());
    return Arrays.equals(signed, expected);
  }

  private static boolean ec(ECPublicKey signer, byte[] raw, Bytes digest)
      throws GeneralSecurityException {
    Signature verifier = Signature.getInstance("NONEwithECDSA");
    verifier.initVerify(signer);
    verifier.update(digest.toArray());
    return verifier.verify(raw);
  }
}
