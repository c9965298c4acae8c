package org.shieldwall.enclave;

import java.io.ByteArrayInputStream;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Capabilities;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.command.TpmObject;

/**
 * What the enclave knows of its host by itself, from the TPM it was handed at its start.
 *
 * @param identity SHA-256 of the endorsement key's SubjectPublicKeyInfo, hexadecimal: what the
 *     attestation service knows the host by (docs/protocol.md, section 2); empty without a TPM
 */
record OwnHost(Optional<String> identity) {
  // TCG EK Credential Profile 2.5, section 2.2.1.4.
  private static final int NV_EK_RSA = 0x01C00002;
  private static final int NV_EK_ECC = 0x01C0000A;

  /** {@return a host that the enclave was started on without a TPM} */
  static OwnHost withoutTpm() {
    return new OwnHost(Optional.empty());
  }

  /**
   * Asks the TPM for its endorsement key, and takes the one that attestation takes: that of RSA
   * where there is a certificate for it alone. That certificate is read, since such a key takes a
   * TPM seconds to make; who writes another there gets no further than another identity.
   */
  static OwnHost of(Tpm tpm) throws TpmException {
    List<Integer> indices = tpm.capabilities().handles(Capabilities.NV);
    try {
      PublicKey key =
          indices.contains(NV_EK_RSA) && !indices.contains(NV_EK_ECC)
              ? certified(tpm.nv().read(NV_EK_RSA))
              : made(tpm);
      return new OwnHost(Optional.of(TpmHash.SHA256.hash(Bytes.of(key.getEncoded())).hex()));
    } catch (MalformedException | CertificateException e) {
      throw new IllegalStateException("the TPM's endorsement key cannot be read", e);
    }
  }

  private static PublicKey certified(Bytes certificate) throws CertificateException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(certificate.toArray()))
        .getPublicKey();
  }

  private static PublicKey made(Tpm tpm) throws TpmException, MalformedException {
    try (TpmObject key =
        tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, KeyTemplates.endorsementEccP256())) {
      return key.area().publicKey();
    }
  }
}
