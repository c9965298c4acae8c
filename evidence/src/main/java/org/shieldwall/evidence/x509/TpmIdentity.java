package org.shieldwall.evidence.x509;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * Which TPM a certificate speaks of (TCG EK Credential Profile 2.5, section 3.1.2): three
 * attributes of the directory name among its alternative names.
 *
 * @param manufacturer e.g. {@code STM}; the maker's number where that is no text
 * @param model the maker's name of the part
 * @param version firmware version, as in the certificate
 */
public record TpmIdentity(String manufacturer, String model, String version) {
  private static final String ALTERNATIVE_NAME = "2.5.29.17";
  private static final int DIRECTORY_NAME = 0xA4;
  private static final String MANUFACTURER = "2.23.133.2.1";
  private static final String MODEL = "2.23.133.2.2";
  private static final String VERSION = "2.23.133.2.3";

  /** {@return the TPM that a certificate names, if it names one} */
  public static Optional<TpmIdentity> of(UntrustedCertificate certificate) {
    Optional<Bytes> names = certificate.extension(ALTERNATIVE_NAME);
    if (names.isPresent()) {
      try {
        for (Der name : Der.whole(names.get().toArray()).children()) {
          if (name.tag() == DIRECTORY_NAME) {
            Optional<TpmIdentity> found = of(DistinguishedName.read(name.child(0, "Name")));
            if (found.isPresent()) {
              return found;
            }
          }
        }
      } catch (MalformedException e) {
        return Optional.empty();
      }
    }
    return of(certificate.subject());
  }

  private static Optional<TpmIdentity> of(DistinguishedName name) {
    Optional<String> manufacturer = name.value(MANUFACTURER);
    Optional<String> model = name.value(MODEL);
    Optional<String> version = name.value(VERSION);
    return manufacturer.isEmpty() && model.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new TpmIdentity(
                manufacturer.map(TpmIdentity::manufacturer).orElse(""),
                DistinguishedName.printable(model.orElse("")),
                DistinguishedName.printable(version.orElse(""))));
  }

  /** {@code id:53544D20} stands for "STM " (TCG Vendor ID Registry). */
  private static String manufacturer(String value) {
    if (value.matches("id:[0-9A-Fa-f]{8}")) {
      byte[] id = HexFormat.of().parseHex(value.substring(3));
      String text = new String(id, StandardCharsets.ISO_8859_1).replace('\0', ' ').strip();
      if (!text.isEmpty() && text.chars().allMatch(c -> c >= ' ' && c < 0x7F)) {
        return text;
      }
    }
    return DistinguishedName.printable(value);
  }
}
