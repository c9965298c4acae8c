package org.shieldwall.evidence.x509;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * A Name (RFC 5280, section 4.1.2.4), kept as it was encoded.
 *
 * @param encoded the DER
 * @param attributes type (dotted) and value, in the order given
 */
public record DistinguishedName(Bytes encoded, List<Attribute> attributes) {
  private static final Map<String, String> SHORT_NAMES =
      Map.ofEntries(
          Map.entry("2.5.4.3", "CN"),
          Map.entry("2.5.4.5", "SERIALNUMBER"),
          Map.entry("2.5.4.6", "C"),
          Map.entry("2.5.4.7", "L"),
          Map.entry("2.5.4.8", "ST"),
          Map.entry("2.5.4.10", "O"),
          Map.entry("2.5.4.11", "OU"),
          Map.entry("2.23.133.2.1", "tpmManufacturer"),
          Map.entry("2.23.133.2.2", "tpmModel"),
          Map.entry("2.23.133.2.3", "tpmVersion"));

  private static final int LONGEST_SHOWN = 256;

  /** One attribute. */
  public record Attribute(String type, String value) {}

  /** Keeps its own copy of the list. */
  public DistinguishedName {
    attributes = List.copyOf(attributes);
  }

  static DistinguishedName read(Der name) throws MalformedException {
    List<Attribute> attributes = new ArrayList<>();
    for (Der set : name.require(Der.SEQUENCE, "Name").children()) {
      for (Der pair : set.require(Der.SET, "RelativeDistinguishedName").children()) {
        pair.require(Der.SEQUENCE, "AttributeTypeAndValue");
        attributes.add(
            new Attribute(pair.child(0, "type").oid(), pair.child(1, "value").text().strip()));
      }
    }
    return new DistinguishedName(Bytes.of(name.encoded()), attributes);
  }

  /** {@return the first value of an attribute} */
  public Optional<String> value(String type) {
    return attributes.stream()
        .filter(each -> each.type().equals(type))
        .map(Attribute::value)
        .findFirst();
  }

  /**
   * {@return whether two names are the same to a path builder: equal bytes, or equal attributes
   * without regard to case, string type and runs of blanks (RFC 5280, section 7.1)}
   */
  boolean matches(DistinguishedName other) {
    return encoded.equals(other.encoded) || folded().equals(other.folded());
  }

  boolean isEmpty() {
    return attributes.isEmpty();
  }

  private List<String> folded() {
    return attributes.stream()
        .map(each ->
            each.type() + "=" + each.value().toLowerCase(Locale.ROOT).replaceAll("\\s+", " "))
        .sorted()
        .toList();
  }

  /** {@return e.g. {@code CN=STM TPM ECC Root CA 01, O=STMicroelectronics NV, C=CH}} */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Attribute each : attributes.reversed()) {
      text.append(text.isEmpty() ? "" : ", ")
          .append(SHORT_NAMES.getOrDefault(each.type(), each.type()))
          .append('=')
          .append(printable(each.value()));
    }
    return text.toString();
  }

  /** A name comes from whoever made the certificate: no control character reaches a terminal. */
  static String printable(String value) {
    if (value.length() <= LONGEST_SHOWN && !hasControl(value)) {
      return value;
    }
    return value
        .codePoints()
        .limit(LONGEST_SHOWN)
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean hasControl(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (Character.isISOControl(value.charAt(i))) {
        return true;
      }
    }
    return false;
  }
}
