package org.shieldwall.lab.bench;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.util.SortedMap;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.SymmetricDefinition;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmCurve;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmKey;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmScheme;
import org.shieldwall.tpm.TpmSignature;

/**
 * The keys of a TPM in software, so that thousands of quotes a second can be made: byte for byte
 * what TPM2_Quote gives, and no protection at all.
 */
final class SoftTpm {
  /** How often it says that it was reset. */
  static final int RESET_COUNT = 7;

  private final KeyPair endorsement;
  private final TpmPublic ek;
  private final PrivateKey signing;
  private final TpmPublic ak;

  private SoftTpm(KeyPair endorsement, KeyPair attestation) {
    this.endorsement = endorsement;
    this.ek =
        area(
            KeyTemplates.endorsementEccP256(),
            ecc(endorsement, SymmetricDefinition.AES_128_CFB, TpmScheme.NONE));
    this.signing = attestation.getPrivate();
    boolean rsa = attestation.getPublic() instanceof RSAPublicKey;
    Bytes salt = Bytes.zeros(KeyTemplates.SALT_SIZE);
    this.ak =
        rsa
            ? area(KeyTemplates.attestationRsa2048(TpmAlgorithm.RSASSA, salt), rsa(attestation))
            : area(
                KeyTemplates.attestationEccP256(salt),
                ecc(
                    attestation,
                    SymmetricDefinition.NONE,
                    TpmScheme.of(TpmAlgorithm.ECDSA, TpmHash.SHA256)));
  }

  /** {@return keys of a new TPM: P-256, the attestation key RSA-2048 if asked for} */
  static SoftTpm make(boolean rsaAttestationKey) {
    try {
      KeyPairGenerator ec = KeyPairGenerator.getInstance("EC");
      ec.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
      rsa.initialize(2048);
      return new SoftTpm(
          ec.generateKeyPair(), rsaAttestationKey ? rsa.generateKeyPair() : ec.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static TpmPublic area(TpmPublic template, TpmKey key) {
    return TpmPublic.of(template.nameAlg(), template.attributes(), template.authPolicy(), key);
  }

  private static TpmKey ecc(KeyPair pair, SymmetricDefinition symmetric, TpmScheme scheme) {
    ECPoint point = ((ECPublicKey) pair.getPublic()).getW();
    return new TpmKey.Ecc(
        symmetric,
        scheme,
        TpmCurve.NIST_P256,
        TpmScheme.NONE,
        unsigned(point.getAffineX(), 32),
        unsigned(point.getAffineY(), 32));
  }

  private static TpmKey rsa(KeyPair pair) {
    BigInteger modulus = ((RSAPublicKey) pair.getPublic()).getModulus();
    return new TpmKey.Rsa(
        SymmetricDefinition.NONE,
        TpmScheme.of(TpmAlgorithm.RSASSA, TpmHash.SHA256),
        2048,
        0,
        unsigned(modulus, 256));
  }

  private static Bytes unsigned(BigInteger value, int size) {
    byte[] bytes = value.toByteArray();
    byte[] fixed = new byte[size];
    int length = Math.min(bytes.length, size);
    System.arraycopy(bytes, bytes.length - length, fixed, size - length, length);
    return Bytes.of(fixed);
  }

  TpmPublic ek() {
    return ek;
  }

  TpmPublic ak() {
    return ak;
  }

  PrivateKey endorsementKey() {
    return endorsement.getPrivate();
  }

  /** A quote and its signature, a TPMT_SIGNATURE. */
  record Quote(Bytes attest, Bytes signature) {}

  /** {@return a quote over all of {@code values}} */
  Quote quote(Bytes extraData, SortedMap<Integer, Bytes> values) {
    PcrSelection selection =
        PcrSelection.of(
            TpmHash.SHA256, values.keySet().stream().mapToInt(Integer::intValue).toArray());
    Bytes digest =
        PcrValues.of(TpmHash.SHA256, values).digest(TpmHash.SHA256, selection).orElseThrow();
    Bytes attest =
        new ByteWriter()
            .u32(0xFF544347L)
            .u16(0x8018)
            .sized(ak.name().value())
            .sized(extraData)
            .u64(123_456)
            .u32(RESET_COUNT)
            .u32(0)
            .u8(1)
            .u64(0x2019_1023)
            .bytes(selection.marshal())
            .sized(digest)
            .toBytes();
    return new Quote(attest, sign(attest).marshal());
  }

  private TpmSignature sign(Bytes message) {
    try {
      boolean rsa = ak.key() instanceof TpmKey.Rsa;
      Signature signer =
          Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSAinP1363Format");
      signer.initSign(signing);
      signer.update(message.toArray());
      Bytes raw = Bytes.of(signer.sign());
      return rsa
          ? new TpmSignature.Rsa(TpmAlgorithm.RSASSA, TpmHash.SHA256, raw)
          : new TpmSignature.Ecdsa(TpmHash.SHA256, raw.slice(0, 32), raw.slice(32, 64));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
