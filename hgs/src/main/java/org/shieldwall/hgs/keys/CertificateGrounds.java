package org.shieldwall.hgs.keys;

import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.store.GroupRegister;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.ModeRegister;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;

/**
 * Whether what a certificate was issued on still stands: its mode is on, its host or group is
 * registered, and all of it without a break since the certificate was issued.
 */
final class CertificateGrounds {
  private CertificateGrounds() {}

  static boolean stand(Handle handle, HealthCertificate certificate) {
    Optional<AttestationMode> mode = AttestationMode.ofId(certificate.claims().mode());
    return mode.isPresent()
        && ModeRegister.enabledSince(handle, mode.get())
            .filter(since -> !certificate.issued().isBefore(since))
            .isPresent()
        && switch (mode.get()) {
          case TPM, HOST_KEY -> hostStands(handle, mode.get(), certificate);
          case DIRECTORY -> groupStands(handle, certificate.claims(), certificate.issued());
        };
  }

  private static boolean hostStands(
      Handle handle, AttestationMode mode, HealthCertificate certificate) {
    return HostRegister.byName(handle, certificate.claims().host())
        .filter(host -> host.isRegisteredSince(certificate.issued()))
        .filter(host -> host.mode() == mode)
        .filter(host -> host.ek().equals(certificate.claims().identity()))
        .isPresent();
  }

  private static boolean groupStands(Handle handle, HealthClaims claims, Instant issued) {
    return GroupRegister.bySid(handle, claims.group())
        .filter(group -> !issued.isBefore(group.added()))
        .isPresent();
  }
}
