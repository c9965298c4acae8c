package org.shieldwall.hgs.admin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.EndorsementTrust;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.x509.CertificateChain;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.endorsement.Endorsement;
import org.shieldwall.hgs.endorsement.Endorsements;
import org.shieldwall.hgs.endorsement.Requirement;
import org.shieldwall.hgs.store.AkCertificateRegister;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.hgs.store.TrustRegister;
import org.shieldwall.hgs.store.TrustRegister.Role;
import org.shieldwall.protocol.AttestationMode;

/** Which TPM makers are trusted, and whether hosts need one. */
public final class TrustAdministration {
  private final Recorder recorder;
  private final Endorsements endorsements;

  TrustAdministration(Recorder recorder, Endorsements endorsements) {
    this.recorder = recorder;
    this.endorsements = endorsements;
  }

  /**
   * A maker's certificate.
   *
   * @param certificate as it was added
   * @param role what it is good for
   * @param findings what keeps it from leading to a trusted one; nothing for an anchor
   */
  public record Maker(UntrustedCertificate certificate, Role role, List<Finding> findings) {
    /** Keeps its own copy of the list. */
    public Maker {
      findings = List.copyOf(findings);
    }
  }

  /** A certificate that was to be added, and whether it or its role is new. */
  public record Addition(UntrustedCertificate certificate, Role role, boolean added) {}

  /** A host that may not attest on account of its endorsement key, and why. */
  public record Refused(RegisteredHost host, List<Finding> findings) {
    /** Keeps its own copy of the list. */
    public Refused {
      findings = List.copyOf(findings);
    }
  }

  /**
   * Adds certificates, all of them or none. One that signed itself is trusted; any other may stand
   * between a TPM's certificate and a trusted one.
   *
   * @param trustEach whether every one is trusted itself, also where its own issuer is not known
   * @throws HgsException if one of them can be nobody's issuer
   */
  public List<Addition> add(List<UntrustedCertificate> certificates, boolean trustEach)
      throws HgsException {
    for (UntrustedCertificate each : certificates) {
      Optional<String> reason = CertificateChain.mayNotIssue(each);
      if (reason.isPresent()) {
        throw new HgsException(
            "\"" + each.subject() + "\" " + reason.get() + ": it is no TPM maker's",
            "a TPM's own certificate goes with its host: shieldwall hgs host add"
                + " IDENTITY.json --certificate FILE");
      }
    }
    Instant now = recorder.now();
    return recorder
        .database()
        .write(writing ->
            certificates.stream().map(each -> add(writing, each, trustEach, now)).toList());
  }

  private Addition add(
      Handle writing, UntrustedCertificate certificate, boolean trustEach, Instant now) {
    Role role = trustEach || certificate.isSelfSigned() ? Role.ANCHOR : Role.INTERMEDIATE;
    String digest = certificate.sha256().hex();
    boolean added =
        TrustRegister.add(
            writing, new TrustRegister.Stored(digest, role, certificate.encoded(), now));
    if (added) {
      recorder.record(
          writing,
          AuditKind.TRUST_ADDED,
          "certificate " + digest,
          Map.of("role", role.code(), "subject", certificate.subject().toString()));
    }
    return new Addition(certificate, role, added);
  }

  /** {@return every certificate, oldest first} */
  public List<Maker> list() {
    Instant now = recorder.now();
    List<TrustRegister.Stored> stored = recorder.database().read(TrustRegister::all);
    List<UntrustedCertificate> anchors = new ArrayList<>();
    List<UntrustedCertificate> intermediates = new ArrayList<>();
    for (TrustRegister.Stored each : stored) {
      (each.role() == Role.ANCHOR ? anchors : intermediates).add(Endorsements.stored(each.der()));
    }
    EndorsementTrust trust = new EndorsementTrust(anchors, intermediates, false);
    return stored.stream()
        .map(each -> {
          UntrustedCertificate certificate = Endorsements.stored(each.der());
          return new Maker(
              certificate,
              each.role(),
              each.role() == Role.ANCHOR ? List.of() : trust.path(certificate, now).findings());
        })
        .toList();
  }

  /**
   * Removes a certificate.
   *
   * @param digest its SHA-256, or enough of its beginning
   * @throws HgsException if no certificate, or more than one, begins so
   */
  public Maker remove(String digest) throws HgsException {
    List<Maker> found =
        list().stream()
            .filter(each -> each.certificate().sha256().hex().startsWith(digest))
            .toList();
    if (found.size() != 1) {
      throw new HgsException(
          (found.isEmpty() ? "no certificate begins with " : "several certificates begin with ")
              + digest,
          "shieldwall hgs trust list");
    }
    Maker maker = found.getFirst();
    String whole = maker.certificate().sha256().hex();
    recorder
        .database()
        .write(writing -> {
          if (TrustRegister.remove(writing, whole)) {
            recorder.record(
                writing,
                AuditKind.TRUST_REMOVED,
                "certificate " + whole,
                Map.of("subject", maker.certificate().subject().toString()));
          }
          return whole;
        });
    return maker;
  }

  /** {@return what is asked of endorsement keys} */
  public Requirement requirement() {
    return recorder.database().read(Requirement::current);
  }

  /** Asks for this from now on; {@return whether that is a change} */
  public boolean require(Requirement requirement) {
    return recorder
        .database()
        .write(writing -> {
          Requirement before = Requirement.current(writing);
          if (before == requirement) {
            return false;
          }
          requirement.store(writing, recorder.now());
          recorder.record(
              writing,
              AuditKind.TRUST_REQUIREMENT_CHANGED,
              "endorsement keys",
              Map.of("from", before.code(), "to", requirement.code()));
          return true;
        });
  }

  /** {@return which registered hosts may not attest now on account of their endorsement keys} */
  public List<Refused> refused() {
    Instant now = recorder.now();
    return recorder
        .database()
        .read(reading ->
            HostRegister.all(reading).stream()
                .filter(RegisteredHost::isRegistered)
                .map(host -> new Refused(host, endorsements.refusal(reading, host, now)))
                .filter(each -> !each.findings().isEmpty())
                .toList());
  }

  /** {@return what is known of the TPM of a host; nothing for one without} */
  public Optional<Endorsement> describe(RegisteredHost host) {
    return host.mode() == AttestationMode.TPM
        ? Optional.of(
            recorder
                .database()
                .read(reading -> endorsements.describe(reading, host, recorder.now())))
        : Optional.empty();
  }

  /** {@return whether a host is registered by its key alone, on purpose} */
  public boolean isKeyAlone(RegisteredHost host) {
    return recorder.database().read(reading -> HostRegister.isKeyAlone(reading, host.name()));
  }

  /** {@return the certificate of a host's attestation key that counts now} */
  public Optional<AkCertificateRegister.Stored> akCertificate(RegisteredHost host) {
    return recorder
        .database()
        .read(reading -> AkCertificateRegister.of(reading, host.name()))
        .filter(each -> host.isRegisteredSince(each.issued()));
  }

  /**
   * Revokes the certificate of a host's attestation key: the key shows anew that it lies in the
   * host's TPM when the host attests the next time.
   *
   * @return whether there was one
   */
  public boolean revokeAkCertificate(String host) {
    return recorder
        .database()
        .write(writing -> {
          boolean revoked = AkCertificateRegister.revoke(writing, host);
          if (revoked) {
            recorder.record(
                writing,
                AuditKind.AK_CERTIFICATE_REVOKED,
                HostAdministration.subject(host),
                Map.of());
          }
          return revoked;
        });
  }
}
