package org.shieldwall.protocol;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import tools.jackson.databind.node.ObjectNode;

/**
 * A service's certificate of an attestation key: that key activated a credential made for it and
 * for an endorsement key, so that it lies in that TPM (docs/protocol.md, section 2). It says
 * nothing about health. Parsing believes nothing; whether it counts is for {@link #refusal}, and
 * whether it was revoked for the service that issued it.
 */
public final class AkCertificate {
  /** The extension that says which keys it binds to each other. */
  public static final String BINDING_OID = "2.25.145002672019088342729039957380654725245";

  /** The only purpose that such a certificate has, and that no other has. */
  public static final String PURPOSE_OID = "2.25.282896346596957957168696719910415560578";

  private static final String FORMAT = "shieldwall-ak-1";
  private static final int MAX_BINDING = 4096;
  private static final int MAX_HEX = 2 * 66;

  private final X509Certificate certificate;
  private final Binding binding;

  private AkCertificate(X509Certificate certificate, Binding binding) {
    this.certificate = certificate;
    this.binding = binding;
  }

  /**
   * What it binds.
   *
   * @param host the name under which the endorsement key is registered
   * @param ek SHA-256 of the endorsement key's SubjectPublicKeyInfo, hexadecimal
   * @param akName the attestation key's name, TPM 2.0 Library, Part 1, section 16
   */
  public record Binding(String host, String ek, Bytes akName) {
    /** {@return what stands in the extension} */
    public byte[] toBytes() {
      ObjectNode json = Json.object().put("format", FORMAT).put("host", host).put("ek", ek);
      return Json.bytes(json.put("akName", akName.hex()));
    }

    private static Binding parse(byte[] utf8) throws ProtectorException {
      Json json =
          Json.parse(utf8, "attestation key's binding", MAX_BINDING)
              .members("format", "host", "ek", "akName")
              .format(FORMAT);
      String name = json.at("akName").text(MAX_HEX);
      if (!name.matches("([0-9a-f]{2})+")) {
        throw json.at("akName").malformed("lower-case hex", "something else");
      }
      return new Binding(json.at("host").text(64), json.at("ek").text(64), Bytes.ofHex(name));
    }
  }

  /**
   * Reads a certificate, without trusting it.
   *
   * @param der nothing but one certificate
   */
  public static AkCertificate parse(Bytes der) throws ProtectorException {
    X509Certificate certificate = HealthCertificate.parseX509(der);
    byte[] extension = certificate.getExtensionValue(BINDING_OID);
    if (extension == null) {
      throw malformed("an extension " + BINDING_OID, "none");
    }
    if (certificate.getExtensionValue(HealthCertificate.CLAIMS_OID) != null) {
      throw malformed("a certificate of an attestation key", "one of health");
    }
    if (!purposes(certificate).equals(List.of(PURPOSE_OID))) {
      throw malformed("the purpose " + PURPOSE_OID + " alone", "others, or none");
    }
    try {
      byte[] content = HealthCertificate.octets(HealthCertificate.octets(extension));
      return new AkCertificate(certificate, Binding.parse(content));
    } catch (MalformedException e) {
      throw malformed("a binding in an OCTET STRING", String.valueOf(e.getMessage()));
    }
  }

  private static List<String> purposes(X509Certificate certificate) throws ProtectorException {
    try {
      List<String> purposes = certificate.getExtendedKeyUsage();
      return purposes == null ? List.of() : purposes;
    } catch (CertificateParsingException e) {
      throw malformed("purposes", "something else");
    }
  }

  /** Why a certificate does not count. */
  public enum Refusal {
    /** It was not signed by a signer that is trusted. */
    FOREIGN,
    /** It is not valid yet, or no longer. */
    OUT_OF_TIME,
    /** It is of another TPM. */
    OTHER_HOST,
    /** It is of another attestation key. */
    OTHER_KEY
  }

  /**
   * {@return why this certificate does not count for a host; nothing if it does}
   *
   * @param signers certificates of the attestation signers that are trusted
   * @param ek SHA-256 of the SubjectPublicKeyInfo of the host's endorsement key, hexadecimal
   * @param akName name of the key that will sign
   */
  public Optional<Refusal> refusal(
      Collection<X509Certificate> signers, String ek, Bytes akName, Instant now) {
    if (signers.stream().noneMatch(each -> HealthCertificate.isSignedBy(certificate, each))) {
      return Optional.of(Refusal.FOREIGN);
    }
    if (now.isBefore(certificate.getNotBefore().toInstant()) || !now.isBefore(expires())) {
      return Optional.of(Refusal.OUT_OF_TIME);
    }
    if (!binding.ek().equals(ek)) {
      return Optional.of(Refusal.OTHER_HOST);
    }
    if (!MessageDigest.isEqual(binding.akName().toArray(), akName.toArray())) {
      return Optional.of(Refusal.OTHER_KEY);
    }
    return Optional.empty();
  }

  /** {@return which keys it binds to each other} */
  public Binding binding() {
    return binding;
  }

  /** {@return its number, which its issuer gives to no other} */
  public BigInteger serial() {
    return certificate.getSerialNumber();
  }

  /** {@return the moment at which it was issued, if its issuer is trusted} */
  public Instant issued() {
    return certificate.getNotBefore().toInstant().plus(HealthCertificate.BACKDATED);
  }

  /** {@return the moment from which it is no longer good} */
  public Instant expires() {
    return certificate.getNotAfter().toInstant();
  }

  private static ProtectorException malformed(String expected, String found) {
    return new ProtectorException(
        Code.MALFORMED,
        "certificate of an attestation key: expected " + expected + ", found " + found);
  }

  @Override
  public String toString() {
    return "AkCertificate[" + binding.host() + ", expires " + expires() + "]";
  }
}
