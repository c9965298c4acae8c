package org.shieldwall.hgs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** The two self-signed certificates of a service, made once when it is set up. */
final class Certificates {
  /** Hosts pin the one and the service itself trusts the other: there is nobody to renew them. */
  private static final Duration VALIDITY = Duration.ofDays(3650);

  private static final Duration BACKDATED = Duration.ofHours(24);
  private static final int SERIAL_BITS = 128;

  private Certificates() {}

  static KeyPair newKey(String curve, SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(curve), random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + curve, e);
    }
  }

  /** {@return a certificate for a TLS server of this host name} */
  static X509Certificate forServer(KeyPair key, String name, Instant now, SecureRandom random) {
    X509v3CertificateBuilder builder = builder(key, "Host Guardian Service " + name, now, random);
    List<GeneralName> names = new ArrayList<>();
    boolean address = name.indexOf(':') >= 0 || name.matches("[0-9.]+");
    names.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, name));
    if (!name.equals("localhost")) {
      names.add(new GeneralName(GeneralName.dNSName, "localhost"));
    }
    names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
    names.add(new GeneralName(GeneralName.iPAddress, "::1"));
    try {
      builder
          .addExtension(
              Extension.subjectAlternativeName,
              false,
              new GeneralNames(names.toArray(new GeneralName[0])))
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
          .addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
      return sign(builder, key, "SHA256withECDSA");
    } catch (IOException e) {
      throw new IllegalStateException("a certificate cannot be built", e);
    }
  }

  /** {@return a certificate for a signer of health certificates} */
  static X509Certificate forSigner(KeyPair key, String name, Instant now, SecureRandom random) {
    X509v3CertificateBuilder builder = builder(key, "Attestation signer " + name, now, random);
    try {
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
      return sign(builder, key, "SHA384withECDSA");
    } catch (IOException e) {
      throw new IllegalStateException("a certificate cannot be built", e);
    }
  }

  private static X509v3CertificateBuilder builder(
      KeyPair key, String common, Instant now, SecureRandom random) {
    X500Name subject = new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, common).build();
    return new X509v3CertificateBuilder(
        subject,
        new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS),
        Date.from(now.minus(BACKDATED)),
        Date.from(now.plus(VALIDITY)),
        subject,
        SubjectPublicKeyInfo.getInstance(key.getPublic().getEncoded()));
  }

  private static X509Certificate sign(
      X509v3CertificateBuilder builder, KeyPair key, String algorithm) throws IOException {
    try {
      byte[] der =
          builder
              .build(new JcaContentSignerBuilder(algorithm).build(key.getPrivate()))
              .getEncoded();
      return parse(der);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("a certificate cannot be signed", e);
    }
  }

  private static X509Certificate parse(byte[] bytes) throws GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(bytes));
  }

  static byte[] pem(X509Certificate certificate) {
    try {
      String base64 =
          Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
      return ("-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n")
          .getBytes(StandardCharsets.US_ASCII);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate has no encoding", e);
    }
  }

  static X509Certificate read(Path file) throws HgsException {
    try {
      return parse(Files.readAllBytes(file));
    } catch (IOException | GeneralSecurityException e) {
      throw new HgsException(
          "the certificate " + file + " cannot be read", "restore it from a backup", e);
    }
  }
}
