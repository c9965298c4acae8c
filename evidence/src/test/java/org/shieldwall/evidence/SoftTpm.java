package org.shieldwall.evidence;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.HexFormat;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.ObjectAttribute;
import org.shieldwall.tpm.ObjectAttributes;
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

/** The signing half of a TPM, for tests: makes quotes byte for byte as TPM2_Quote does. */
public final class SoftTpm {
  private static final ObjectAttributes ATTESTATION_KEY =
      ObjectAttributes.of(
          ObjectAttribute.FIXED_TPM,
          ObjectAttribute.FIXED_PARENT,
          ObjectAttribute.SENSITIVE_DATA_ORIGIN,
          ObjectAttribute.USER_WITH_AUTH,
          ObjectAttribute.RESTRICTED,
          ObjectAttribute.SIGN);

  private final KeyPair keys;
  private final TpmHash hash;
  private final TpmAlgorithm scheme;

  private SoftTpm(KeyPair keys, TpmAlgorithm scheme, TpmHash hash) {
    this.keys = keys;
    this.scheme = scheme;
    this.hash = hash;
  }

  /** {@return a TPM with a fresh attestation key} */
  public static SoftTpm make(TpmAlgorithm scheme, TpmHash hash) {
    try {
      boolean ec = scheme == TpmAlgorithm.ECDSA;
      KeyPairGenerator generator = KeyPairGenerator.getInstance(ec ? "EC" : "RSA");
      if (ec) {
        generator.initialize(new ECGenParameterSpec("secp256r1"));
      } else {
        generator.initialize(2048);
      }
      return new SoftTpm(generator.generateKeyPair(), scheme, hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** {@return the key's public area, as TPM2_CreatePrimary returns it} */
  public TpmPublic attestationKey() {
    return attestationKey(ATTESTATION_KEY);
  }

  /** {@return the same key with other attributes} */
  public TpmPublic attestationKey(ObjectAttributes attributes) {
    TpmKey key =
        switch (keys.getPublic()) {
          case RSAPublicKey rsa ->
              new TpmKey.Rsa(
                  SymmetricDefinition.NONE,
                  TpmScheme.of(scheme, hash),
                  2048,
                  0,
                  unsigned(rsa.getModulus().toByteArray(), 256));
          case ECPublicKey ec ->
              new TpmKey.Ecc(
                  SymmetricDefinition.NONE,
                  TpmScheme.of(scheme, hash),
                  TpmCurve.NIST_P256,
                  TpmScheme.NONE,
                  unsigned(ec.getW().getAffineX().toByteArray(), 32),
                  unsigned(ec.getW().getAffineY().toByteArray(), 32));
          default -> throw new IllegalStateException();
        };
    return TpmPublic.of(TpmHash.SHA256, attributes, Bytes.EMPTY, key);
  }

  /** {@return a TPMS_ATTEST of type quote over these PCRs} */
  public Bytes quote(Bytes extraData, PcrSelection selection, PcrValues values) {
    return quote(extraData, selection, values, 0);
  }

  /** {@return the same after so many resumes} */
  public Bytes quote(Bytes extraData, PcrSelection selection, PcrValues values, int restarts) {
    Bytes digest = values.digest(hash, selection).orElseThrow();
    return new ByteWriter()
        .u32(0xFF544347L)
        .u16(0x8018)
        .sized(attestationKey().name().value())
        .sized(extraData)
        .u64(123_456)
        .u32(7)
        .u32(restarts)
        .u8(1)
        .u64(0x2019_1023)
        .bytes(selection.marshal())
        .sized(digest)
        .toBytes();
  }

  /** {@return the TPMT_SIGNATURE over {@code message}} */
  public Bytes sign(Bytes message) {
    try {
      String prefix = hash == TpmHash.SHA1 ? "SHA1" : hash.javaName().replace("-", "");
      Signature signer =
          Signature.getInstance(
              prefix + (scheme == TpmAlgorithm.ECDSA ? "withECDSAinP1363Format" : "withRSA"));
      signer.initSign(keys.getPrivate());
      signer.update(message.toArray());
      Bytes raw = Bytes.of(signer.sign());
      TpmSignature signature =
          scheme == TpmAlgorithm.ECDSA
              ? new TpmSignature.Ecdsa(hash, raw.slice(0, 32), raw.slice(32, 64))
              : new TpmSignature.Rsa(scheme, hash, raw);
      return signature.marshal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Bytes unsigned(byte[] value, int size) {
    String hex = HexFormat.of().formatHex(value);
    String wide = "0".repeat(2 * size + 2) + hex;
    return Bytes.ofHex(wide.substring(wide.length() - 2 * size));
  }
}
