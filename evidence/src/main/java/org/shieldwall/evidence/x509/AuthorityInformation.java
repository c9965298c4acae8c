package org.shieldwall.evidence.x509;

import java.util.Locale;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * Where a certificate says its issuer's is to be had (RFC 5280, section 4.2.2.1). Good to be shown
 * to a person and nothing else: whoever made the certificate chose the address.
 */
final class AuthorityInformation {
  private static final String EXTENSION = "1.3.6.1.5.5.7.1.1";
  private static final String CA_ISSUERS = "1.3.6.1.5.5.7.48.2";

  /** GeneralName, uniformResourceIdentifier [6] IA5String. */
  private static final int URI = 0x86;

  private static final int LONGEST = 200;

  private AuthorityInformation() {}

  /** {@return the first web address of the issuer's certificate, if there is one} */
  static Optional<String> of(UntrustedCertificate certificate) {
    Optional<Bytes> extension = certificate.extension(EXTENSION);
    if (extension.isEmpty()) {
      return Optional.empty();
    }
    try {
      for (Der description : Der.whole(extension.get().toArray()).children()) {
        Der location = description.child(1, "accessLocation");
        if (description.child(0, "accessMethod").oid().equals(CA_ISSUERS)
            && location.tag() == URI
            && isWebAddress(location.text())) {
          return Optional.of(location.text());
        }
      }
      return Optional.empty();
    } catch (MalformedException e) {
      // It decides nothing: a certificate is not worse for a bad address in it.
      return Optional.empty();
    }
  }

  private static boolean isWebAddress(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return text.length() <= LONGEST
        && (lower.startsWith("http://") || lower.startsWith("https://"))
        && text.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '"');
  }
}
