package org.shieldwall.lab.bench;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmKey;
import org.shieldwall.tpm.TpmPublic;

/**
 * What TPM2_ActivateCredential does with a P-256 endorsement key (TPM 2.0 Library, Part 1, section
 * 24 and annex C.6.4), in software. The HMAC is not checked: whoever answers with a wrong secret is
 * refused.
 */
final class Activation {
  private static final TpmHash HASH = TpmHash.SHA256;

  private Activation() {}

  /** {@return the secret in a credential for this endorsement key and the key of this name} */
  static Bytes activate(
      PrivateKey key, TpmPublic ek, Bytes akName, Bytes idObject, Bytes encryptedSecret)
      throws GeneralSecurityException, MalformedException {
    ByteReader point = ByteReader.bigEndian(encryptedSecret.toArray(), "TPM2B_ENCRYPTED_SECRET");
    point.u16("size");
    Bytes x = point.sized("x");
    Bytes y = point.sized("y");
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
    agreement.init(key);
    agreement.doPhase(ephemeral(key, x, y), true);
    Bytes own = ek.key() instanceof TpmKey.Ecc ecc ? ecc.x() : Bytes.EMPTY;
    byte[] seed = seed(agreement.generateSecret(), x, own);
    ByteReader object = ByteReader.bigEndian(idObject.toArray(), "TPM2B_ID_OBJECT");
    object.u16("size");
    object.sized("integrityHMAC");
    byte[] storage =
        new ByteWriter()
            .u32(1)
            .bytes(Bytes.ofText("STORAGE\0"))
            .bytes(akName)
            .u32(128)
            .toByteArray();
    byte[] symmetric = Arrays.copyOf(HASH.hmac(seed, storage).toArray(), 16);
    Cipher cipher = Cipher.getInstance("AES/CFB/NoPadding");
    cipher.init(
        Cipher.DECRYPT_MODE,
        new SecretKeySpec(symmetric, "AES"),
        new IvParameterSpec(new byte[16]));
    return ByteReader.bigEndian(cipher.doFinal(object.rest()), "TPM2B_DIGEST").sized("secret");
  }

  private static PublicKey ephemeral(PrivateKey key, Bytes x, Bytes y)
      throws GeneralSecurityException {
    ECPoint point = new ECPoint(new BigInteger(1, x.toArray()), new BigInteger(1, y.toArray()));
    return KeyFactory.getInstance("EC")
        .generatePublic(new ECPublicKeySpec(point, ((ECPrivateKey) key).getParams()));
  }

  /** KDFe (Part 1, section 11.4.10.3). */
  private static byte[] seed(byte[] z, Bytes partyU, Bytes partyV) {
    MessageDigest digest = HASH.digest();
    digest.update(new ByteWriter().u32(1).toByteArray());
    digest.update(z);
    Bytes.ofText("IDENTITY\0").updateInto(digest);
    partyU.updateInto(digest);
    partyV.updateInto(digest);
    return digest.digest();
  }
}
