package org.shieldwall.evidence.x509;

import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * Whether a certificate can be one of an endorsement key (TCG EK Credential Profile 2.5, sections
 * 3.2.15 and 3.2.16). Makers certify other keys of a TPM under the same roots: a certificate that
 * says it is for another use is refused. One that says nothing passes, and so does Nuvoton's, which
 * says that the key signs certificates: both are genuine.
 */
public final class EndorsementProfile {
  private static final String KEY_USAGE = "2.5.29.15";
  private static final String EXTENDED_KEY_USAGE = "2.5.29.37";

  /** tcg-kp-EKCertificate. */
  private static final String ENDORSEMENT = "2.23.133.8.1";

  private static final int DIGITAL_SIGNATURE = 0x80;
  private static final int KEY_ENCIPHERMENT_OR_AGREEMENT = 0x28;

  private EndorsementProfile() {}

  /** {@return why it cannot be an endorsement key's; nothing if it can} */
  public static Optional<String> contradiction(UntrustedCertificate certificate) {
    try {
      Optional<Bytes> purposes = certificate.extension(EXTENDED_KEY_USAGE);
      if (purposes.isPresent() && !names(purposes.get())) {
        return Optional.of("the certificate is for another purpose than an endorsement key");
      }
      Optional<Bytes> usage = certificate.extension(KEY_USAGE);
      if (usage.isPresent()) {
        byte[] bits = Der.whole(usage.get().toArray()).bits();
        int first = bits.length == 0 ? 0 : bits[0];
        if ((first & DIGITAL_SIGNATURE) != 0 && (first & KEY_ENCIPHERMENT_OR_AGREEMENT) == 0) {
          return Optional.of("the certificate is of a key that signs, and endorsement keys do not");
        }
      }
      return Optional.empty();
    } catch (MalformedException e) {
      return Optional.of("the certificate has a malformed extension");
    }
  }

  private static boolean names(Bytes purposes) throws MalformedException {
    List<Der> all =
        Der.whole(purposes.toArray()).require(Der.SEQUENCE, "ExtKeyUsageSyntax").children();
    for (Der each : all) {
      if (each.oid().equals(ENDORSEMENT)) {
        return true;
      }
    }
    return false;
  }
}
