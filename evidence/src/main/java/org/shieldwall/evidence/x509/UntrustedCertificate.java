package org.shieldwall.evidence.x509;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * An X.509 certificate as read, with no check of its signature. The signed bytes are kept as they
 * came, so that a chain is checked over those and not over a re-encoding.
 *
 * @param encoded the DER without whatever stood around it
 * @param issuer who claims to have signed it
 * @param subject whose key it is; often empty in endorsement certificates
 * @param notBefore start of validity
 * @param notAfter end of validity
 * @param key the subject's key
 * @param extensions in the order given
 * @param trailing how many bytes of padding stood after it
 */
public record UntrustedCertificate(
    Bytes encoded,
    DistinguishedName issuer,
    DistinguishedName subject,
    Instant notBefore,
    Instant notAfter,
    SubjectKey key,
    List<Extension> extensions,
    int trailing) {

  /** Largest certificate believed in; real ones stay under 3 KiB. */
  public static final int MAXIMUM_SIZE = 64 << 10;

  /**
   * One extension.
   *
   * @param oid its object identifier
   * @param critical whether a reader that does not know it must refuse the certificate
   * @param value the DER inside its OCTET STRING
   */
  public record Extension(String oid, boolean critical, Bytes value) {}

  /** Keeps its own copy of the list. */
  public UntrustedCertificate {
    extensions = List.copyOf(extensions);
  }

  /**
   * Reads one certificate in DER. Bytes of 0x00 or 0xFF after it are padding of the NV index it was
   * read from.
   */
  public static UntrustedCertificate parse(byte[] bytes) throws MalformedException {
    if (bytes.length > MAXIMUM_SIZE) {
      throw Der.malformed(0, "at most " + MAXIMUM_SIZE + " bytes", bytes.length + " bytes");
    }
    Der outer = Der.at(bytes, 0, bytes.length).require(Der.SEQUENCE, "Certificate");
    requirePadding(bytes, outer.end());
    Der tbs = outer.child(0, "tbsCertificate").require(Der.SEQUENCE, "tbsCertificate");
    outer.child(2, "signatureValue").octets();
    Der algorithm = outer.child(1, "signatureAlgorithm");
    SignatureAlgorithm.read(algorithm);
    List<Der> fields = tbs.children();
    int first = !fields.isEmpty() && fields.getFirst().tag() == 0xA0 ? 1 : 0;
    if (fields.size() < first + 6) {
      throw Der.malformed(tbs.start(), "a certificate's fields", fields.size() + " fields");
    }
    // RFC 5280, section 4.1.1.2: only the one inside is under the signature.
    if (!Arrays.equals(algorithm.encoded(), fields.get(first + 1).encoded())) {
      throw Der.malformed(algorithm.start(), "the algorithm that is signed too", "another");
    }
    Der validity = fields.get(first + 3).require(Der.SEQUENCE, "validity");
    return new UntrustedCertificate(
        Bytes.of(outer.encoded()),
        DistinguishedName.read(fields.get(first + 2)),
        DistinguishedName.read(fields.get(first + 4)),
        time(validity.child(0, "notBefore")),
        time(validity.child(1, "notAfter")),
        SubjectKey.read(fields.get(first + 5)),
        extensions(fields.subList(first + 6, fields.size())),
        bytes.length - outer.end());
  }

  /**
   * {@return the subject of a certificate in DER, which is read no further} Enough to show whose a
   * certificate is where its hash is what counts.
   */
  public static DistinguishedName subject(byte[] bytes) throws MalformedException {
    Der outer = Der.at(bytes, 0, bytes.length).require(Der.SEQUENCE, "Certificate");
    List<Der> fields = outer.child(0, "tbsCertificate").children();
    int first = !fields.isEmpty() && fields.getFirst().tag() == 0xA0 ? 1 : 0;
    if (fields.size() < first + 6) {
      throw Der.malformed(outer.start(), "a certificate's fields", fields.size() + " fields");
    }
    return DistinguishedName.read(fields.get(first + 4));
  }

  private static void requirePadding(byte[] bytes, int from) throws MalformedException {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] != bytes[from] || (bytes[i] != 0 && bytes[i] != (byte) 0xFF)) {
        throw Der.malformed(i, "the end, or padding of 0x00 or 0xFF", "another byte");
      }
    }
  }

  private static List<Extension> extensions(List<Der> optional) throws MalformedException {
    List<Extension> extensions = new ArrayList<>();
    for (Der each : optional) {
      if (each.tag() != 0xA3) {
        continue;
      }
      for (Der extension : each.child(0, "extensions").children()) {
        List<Der> parts = extension.require(Der.SEQUENCE, "Extension").children();
        // critical is DEFAULT FALSE and must then be left out; Intel encodes it all the same.
        boolean flagged = parts.size() == 3;
        if (parts.size() != 2 && !flagged) {
          throw Der.malformed(extension.start(), "2 or 3 fields", parts.size() + " fields");
        }
        Der value = parts.getLast().require(Der.OCTET_STRING, "extnValue");
        extensions.add(
            new Extension(
                parts.getFirst().oid(), flagged && parts.get(1).bool(), Bytes.of(value.value())));
      }
    }
    return extensions;
  }

  private static Instant time(Der field) throws MalformedException {
    String text = new String(field.value(), StandardCharsets.US_ASCII);
    boolean generalized = field.tag() == Der.GENERALIZED_TIME;
    try {
      if (!generalized) {
        field.require(Der.UTC_TIME, "UTCTime");
        // RFC 5280, section 4.1.2.5.1: two-digit years up to 49 are of this century.
        text = (Integer.parseInt(text.substring(0, 2)) < 50 ? "20" : "19") + text;
      }
      return LocalDateTime.parse(
              text, DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'", Locale.ROOT))
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeException | NumberFormatException | IndexOutOfBoundsException e) {
      throw Der.malformed(field.start(), "a time YYYYMMDDHHMMSSZ", "another text");
    }
  }

  /** {@return the value of an extension} */
  public Optional<Bytes> extension(String oid) {
    return extensions.stream().filter(e -> e.oid().equals(oid)).map(Extension::value).findFirst();
  }

  /** {@return SHA-256 of the certificate} */
  public Bytes sha256() {
    return TpmHash.SHA256.hash(encoded);
  }

  /** {@return whether issuer and subject are the same name} */
  public boolean isSelfIssued() {
    return issuer.matches(subject);
  }

  /** {@return whether its own key signed it} */
  public boolean isSelfSigned() {
    return isSelfIssued() && isSignedBy(key);
  }

  /** {@return how it is signed, for people} */
  String signatureAlgorithm() {
    try {
      return SignatureAlgorithm.read(Der.whole(encoded.toArray()).child(1, "algorithm")).describe();
    } catch (MalformedException e) {
      throw new IllegalStateException("was read when the certificate was parsed", e);
    }
  }

  /** {@return whether its signature over the signed bytes is good under {@code issuerKey}} */
  boolean isSignedBy(SubjectKey issuerKey) {
    if (issuerKey.key().isEmpty()) {
      return false;
    }
    try {
      Der outer = Der.whole(encoded.toArray());
      return SignatureAlgorithm.read(outer.child(1, "signatureAlgorithm"))
          .verifies(
              issuerKey.key().get(),
              outer.child(0, "tbsCertificate").encoded(),
              outer.child(2, "signatureValue").octets());
    } catch (MalformedException e) {
      return false;
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof UntrustedCertificate it && encoded.equals(it.encoded);
  }

  @Override
  public int hashCode() {
    return encoded.hashCode();
  }
}
