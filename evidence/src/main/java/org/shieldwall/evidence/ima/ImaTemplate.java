package org.shieldwall.evidence.ima;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an entry's template data is made of.
 *
 * @param name the template's name in the list
 * @param fields its fields in order
 */
record ImaTemplate(String name, List<Field> fields) {
  /** A field of template data. */
  enum Field {
    /** {@code d}: SHA-1 or MD5 digest, 20 bytes, without a length. */
    DIGEST,
    /** {@code n}: name of up to 255 bytes, hashed as 256. */
    NAME,
    /** {@code d-ng}, {@code d-ngv2}: algorithm, colon, zero, digest. */
    DIGEST_NG,
    /** {@code n-ng}: name and a zero. */
    NAME_NG,
    /** {@code sig}: the file's signature, or nothing. */
    SIGNATURE,
    /** Anything else: bytes, shown in hexadecimal. */
    BYTES
  }

  private static final Map<String, String> FORMATS =
      Map.of(
          "ima", "d|n",
          "ima-ng", "d-ng|n-ng",
          "ima-ngv2", "d-ngv2|n-ng",
          "ima-sig", "d-ng|n-ng|sig",
          "ima-sigv2", "d-ngv2|n-ng|sig",
          "ima-buf", "d-ng|n-ng|buf",
          "ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig",
          "evm-sig", "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode");

  private static final Map<String, Field> FIELDS =
      Map.ofEntries(
          Map.entry("d", Field.DIGEST),
          Map.entry("n", Field.NAME),
          Map.entry("d-ng", Field.DIGEST_NG),
          Map.entry("d-ngv2", Field.DIGEST_NG),
          Map.entry("n-ng", Field.NAME_NG),
          Map.entry("sig", Field.SIGNATURE),
          Map.entry("buf", Field.BYTES),
          Map.entry("d-modsig", Field.BYTES),
          Map.entry("modsig", Field.BYTES),
          Map.entry("evmsig", Field.BYTES),
          Map.entry("xattrnames", Field.BYTES),
          Map.entry("xattrlengths", Field.BYTES),
          Map.entry("xattrvalues", Field.BYTES),
          Map.entry("iuid", Field.BYTES),
          Map.entry("igid", Field.BYTES),
          Map.entry("imode", Field.BYTES));

  ImaTemplate {
    fields = List.copyOf(fields);
  }

  /** {@return the template with this name, or whose name is a list of fields itself} */
  static Optional<ImaTemplate> of(String name) {
    String format = FORMATS.getOrDefault(name, name);
    List<Field> fields = new ArrayList<>();
    for (String part : format.split("\\|", -1)) {
      Field field = FIELDS.get(part);
      if (field == null) {
        return Optional.empty();
      }
      fields.add(field);
    }
    return Optional.of(new ImaTemplate(name, fields));
  }

  /** {@return whether this is the oldest template, which the list writes in a form of its own} */
  boolean isOriginal() {
    return fields.getFirst() == Field.DIGEST;
  }
}
