package org.shieldwall.hgs.endorsement;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.EndorsementTrust;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.evidence.x509.TpmIdentity;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.hgs.store.TrustRegister;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * Judges endorsement certificates by the makers that the store trusts at that moment. They are read
 * again when the store's list differs from the one they came from.
 */
public final class Endorsements {
  private volatile Snapshot snapshot = new Snapshot(Set.of(), List.of(), List.of());

  private record Snapshot(
      Set<String> version,
      List<UntrustedCertificate> anchors,
      List<UntrustedCertificate> intermediates) {
    EndorsementTrust trust(boolean refuseOutOfTime) {
      return new EndorsementTrust(anchors, intermediates, refuseOutOfTime);
    }
  }

  /**
   * {@return everything that keeps this host from attesting on account of its endorsement key} The
   * certificate is the one it was registered with: what a host sends of itself changes nothing.
   */
  public List<Finding> refusal(Handle reading, RegisteredHost host, Instant now) {
    Requirement requirement = Requirement.current(reading);
    if (host.mode() != AttestationMode.TPM
        || !requirement.needsCertificate()
        || HostRegister.isKeyAlone(reading, host.name())) {
      return List.of();
    }
    return describe(reading, identity(host), requirement, now).findings();
  }

  /** {@return what is known of the TPM of a host that is registered with one} */
  public Endorsement describe(Handle reading, RegisteredHost host, Instant now) {
    return describe(reading, identity(host), Requirement.current(reading), now);
  }

  /**
   * {@return manufacturer, model and version of a host's TPM in a few words, as its certificate
   * says them, or else the host} Cheap: it says nothing about trust.
   */
  public static Optional<String> tpm(RegisteredHost host) {
    if (host.mode() != AttestationMode.TPM) {
      return Optional.empty();
    }
    HostIdentity identity = identity(host);
    return Optional.of(
            identity
                .ekCertificate()
                .map(Endorsements::stored)
                .flatMap(TpmIdentity::of)
                .map(tpm -> tpm.manufacturer() + " " + tpm.model() + " " + tpm.version())
                .orElse(identity.manufacturer()))
        .filter(words -> !words.isBlank());
  }

  /**
   * {@return what is known of the TPM of a host that may be registered}
   *
   * @param identity whose certificate has been read with {@link #certificate}
   */
  public Endorsement describe(Handle reading, HostIdentity identity, Instant now) {
    return describe(reading, identity, Requirement.current(reading), now);
  }

  private Endorsement describe(
      Handle reading, HostIdentity identity, Requirement requirement, Instant now) {
    Optional<UntrustedCertificate> certificate = identity.ekCertificate().map(Endorsements::stored);
    return new Endorsement(
        certificate,
        current(reading).trust(requirement.refusesOutOfTime()).appraise(certificate, now),
        certificate
            .flatMap(TpmIdentity::of)
            .map(TpmIdentity::manufacturer)
            .orElse(identity.manufacturer()));
  }

  /**
   * Reads a certificate as it lies in a TPM or a file: padding and the TCG's header are genuine.
   *
   * @param bytes one certificate
   */
  public static UntrustedCertificate certificate(Bytes bytes) throws MalformedException {
    return CertificateFile.parse(bytes.toArray()).getFirst();
  }

  /** {@return a certificate that was read before it was stored} */
  public static UntrustedCertificate stored(Bytes der) {
    try {
      return certificate(der);
    } catch (MalformedException e) {
      throw new IllegalStateException("a stored certificate does not read", e);
    }
  }

  private static HostIdentity identity(RegisteredHost host) {
    try {
      return HostIdentity.parse(host.identity().getBytes(StandardCharsets.UTF_8));
    } catch (ProtectorException e) {
      throw new IllegalStateException(
          "the stored identity of " + host.name() + " does not read", e);
    }
  }

  private Snapshot current(Handle reading) {
    Set<String> version = TrustRegister.version(reading);
    Snapshot known = snapshot;
    if (!known.version().equals(version)) {
      List<UntrustedCertificate> anchors = new ArrayList<>();
      List<UntrustedCertificate> intermediates = new ArrayList<>();
      for (TrustRegister.Stored each : TrustRegister.all(reading)) {
        (each.role() == TrustRegister.Role.ANCHOR ? anchors : intermediates)
            .add(stored(each.der()));
      }
      known = new Snapshot(version, List.copyOf(anchors), List.copyOf(intermediates));
      snapshot = known;
    }
    return known;
  }
}
