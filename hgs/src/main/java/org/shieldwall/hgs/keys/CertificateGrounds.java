package org.shieldwall.hgs.keys;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.store.BaselineRegister;
import org.shieldwall.hgs.store.DirectoryGroup;
import org.shieldwall.hgs.store.GroupRegister;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.ModeRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;

/**
 * Whether what a certificate was issued on still stands: its mode is on, its host or group is
 * registered, a baseline that the boot matched is accepted, and all of it without a break since the
 * certificate was issued.
 */
final class CertificateGrounds {
  private CertificateGrounds() {}

  /** What has gone from under a certificate. */
  enum Gone {
    /** The mode was switched off. */
    MODE,
    /** The host is quarantined. */
    HOST_QUARANTINED,
    /** The host is revoked. */
    HOST_REVOKED,
    /** There is no such host, or not by this key. */
    HOST_REMOVED,
    /** The group is not registered. */
    GROUP,
    /** No baseline that the boot matched is accepted any more. */
    BASELINES,
    /** It is all there again, and was not throughout: only a new certificate counts. */
    INTERRUPTED
  }

  /** {@return what is gone, if anything is} */
  static Optional<Gone> gone(Handle handle, HealthCertificate certificate, Instant now) {
    Optional<AttestationMode> mode = AttestationMode.ofId(certificate.claims().mode());
    Optional<Instant> since = mode.flatMap(each -> ModeRegister.enabledSince(handle, each));
    if (mode.isEmpty() || since.isEmpty()) {
      return Optional.of(Gone.MODE);
    }
    if (certificate.issued().isBefore(since.get())) {
      return Optional.of(Gone.INTERRUPTED);
    }
    return switch (mode.get()) {
      case TPM ->
          host(handle, mode.get(), certificate).or(() -> baselines(handle, certificate, now));
      case HOST_KEY -> host(handle, mode.get(), certificate);
      case DIRECTORY -> group(handle, certificate);
    };
  }

  private static Optional<Gone> host(
      Handle handle, AttestationMode mode, HealthCertificate certificate) {
    Optional<RegisteredHost> host =
        HostRegister.byName(handle, certificate.claims().host())
            .filter(each -> each.mode() == mode)
            .filter(each -> each.ek().equals(certificate.claims().identity()));
    if (host.isEmpty()) {
      return Optional.of(Gone.HOST_REMOVED);
    }
    return switch (host.get().state()) {
      case QUARANTINED -> Optional.of(Gone.HOST_QUARANTINED);
      case REVOKED -> Optional.of(Gone.HOST_REVOKED);
      case REMOVED -> Optional.of(Gone.HOST_REMOVED);
      case REGISTERED ->
          host.get().isRegisteredSince(certificate.issued())
              ? Optional.empty()
              : Optional.of(Gone.INTERRUPTED);
    };
  }

  private static Optional<Gone> group(Handle handle, HealthCertificate certificate) {
    Optional<DirectoryGroup> group = GroupRegister.bySid(handle, certificate.claims().group());
    if (group.isEmpty()) {
      return Optional.of(Gone.GROUP);
    }
    return certificate.issued().isBefore(group.get().added())
        ? Optional.of(Gone.INTERRUPTED)
        : Optional.empty();
  }

  private static Optional<Gone> baselines(
      Handle handle, HealthCertificate certificate, Instant now) {
    return certificate.claims().baselines().isEmpty()
            || !standing(handle, certificate, now).isEmpty()
        ? Optional.empty()
        : Optional.of(Gone.BASELINES);
  }

  /**
   * {@return those of the baselines in a certificate that are accepted, and have been since it was
   * issued} A certificate is dated in whole seconds.
   */
  static List<String> standing(Handle handle, HealthCertificate certificate, Instant now) {
    HealthClaims claims = certificate.claims();
    return claims.baselines().stream()
        .filter(name ->
            BaselineRegister.byName(handle, name)
                .filter(each -> each.isGood(now))
                .filter(each ->
                    !certificate.issued().isBefore(each.added().truncatedTo(ChronoUnit.SECONDS)))
                .isPresent())
        .toList();
  }
}
