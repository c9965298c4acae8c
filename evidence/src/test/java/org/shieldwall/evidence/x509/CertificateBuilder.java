package org.shieldwall.evidence.x509;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/** Makes X.509 certificates for tests, right ones and wrong ones. */
final class CertificateBuilder {
  private static final Bytes ECDSA_SHA256 = Bytes.ofHex("300a06082a8648ce3d040302");
  private static final Bytes BASIC_CONSTRAINTS = Bytes.ofHex("0603551d13");
  private static final Bytes KEY_USAGE = Bytes.ofHex("0603551d0f");
  private static final Bytes ALTERNATIVE_NAME = Bytes.ofHex("0603551d11");
  private static final Bytes UNKNOWN = Bytes.ofHex("06032a0304");
  private static final Bytes CRITICAL = Bytes.ofHex("0101ff");

  private final String subject;
  private final KeyPair keys = keys();
  private final List<Bytes> extensions = new ArrayList<>();
  private String notBefore = "200101000000Z";
  private String notAfter = "400101000000Z";

  CertificateBuilder(String subject) {
    this.subject = subject;
  }

  /** May issue certificates, with so many others between. */
  CertificateBuilder authority(int pathLength) {
    extension(
        BASIC_CONSTRAINTS,
        true,
        der(0x30, CRITICAL, Bytes.ofHex("0201"), Bytes.of(new byte[] {(byte) pathLength})));
    return extension(KEY_USAGE, true, Bytes.ofHex("03020204"));
  }

  /** Says that it may issue certificates with a key that may not sign them. */
  CertificateBuilder authorityWithoutKeyUsage() {
    extension(BASIC_CONSTRAINTS, true, der(0x30, CRITICAL));
    return extension(KEY_USAGE, true, Bytes.ofHex("03020780"));
  }

  CertificateBuilder unknownCritical() {
    return extension(UNKNOWN, true, Bytes.ofHex("0500"));
  }

  /** A TPM's three attributes in a directory name. */
  CertificateBuilder tpm(String manufacturer, String model, String version) {
    Bytes names =
        der(
            0x30,
            attribute(Bytes.ofHex("060567810502" + "01"), manufacturer),
            attribute(Bytes.ofHex("060567810502" + "02"), model),
            attribute(Bytes.ofHex("060567810502" + "03"), version));
    return extension(ALTERNATIVE_NAME, false, der(0x30, der(0xA4, names)));
  }

  CertificateBuilder valid(String from, String to) {
    notBefore = from;
    notAfter = to;
    return this;
  }

  private CertificateBuilder extension(Bytes oid, boolean critical, Bytes value) {
    extensions.add(
        critical
            ? der(0x30, oid, CRITICAL, der(0x04, value))
            : der(0x30, oid, Bytes.ofHex("010100"), der(0x04, value)));
    return this;
  }

  /** {@return this certificate, signed by {@code issuer}} */
  UntrustedCertificate signedBy(CertificateBuilder issuer) {
    try {
      return CertificateFile.parse(encodedBy(issuer).toArray()).getFirst();
    } catch (MalformedException e) {
      throw new AssertionError(e);
    }
  }

  Bytes encodedBy(CertificateBuilder issuer) {
    Bytes signed =
        der(
            0x30,
            Bytes.ofHex("a003020102"),
            Bytes.ofHex("020101"),
            ECDSA_SHA256,
            name(issuer.subject),
            der(0x30, text(0x17, notBefore), text(0x17, notAfter)),
            name(subject),
            Bytes.of(keys.getPublic().getEncoded()),
            der(0xA3, der(0x30, extensions.toArray(Bytes[]::new))));
    try {
      Signature signer = Signature.getInstance("SHA256withECDSA");
      signer.initSign(issuer.keys.getPrivate());
      signer.update(signed.toArray());
      return der(0x30, signed, ECDSA_SHA256, der(0x03, Bytes.zeros(1), Bytes.of(signer.sign())));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static Bytes name(String commonName) {
    return der(0x30, attribute(Bytes.ofHex("0603550403"), commonName));
  }

  private static Bytes attribute(Bytes oid, String value) {
    return der(0x31, der(0x30, oid, text(0x0C, value)));
  }

  private static Bytes text(int tag, String text) {
    return der(tag, Bytes.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  static Bytes der(int tag, Bytes... parts) {
    Bytes content = Bytes.concat(parts);
    int length = content.length();
    byte[] head =
        length < 0x80
            ? new byte[] {(byte) tag, (byte) length}
            : new byte[] {(byte) tag, (byte) 0x82, (byte) (length >>> 8), (byte) length};
    return Bytes.concat(Bytes.of(head), content);
  }
}
