package org.shieldwall.hgs.keys;

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.keys.CertificateGrounds.Gone;
import org.shieldwall.hgs.keys.ReleaseTransaction.Outcome;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy.Violation;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.Release;
import org.shieldwall.protector.ReleaseRequest;
import org.shieldwall.protector.ReleaseTerms;
import org.shieldwall.protector.ReleasedHost;
import org.shieldwall.protector.RestoreGrant;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.protocol.ReportedFinding;
import tools.jackson.databind.node.ObjectNode;

/** Releases the keys of VMs, and hears of them (docs/protocol.md, sections 3 and 5). */
public final class KeyProtectionService {
  /** What an answer says of a VM can change while it is made: then it is made anew. */
  private static final int ATTEMPTS = 5;

  private final Database database;
  private final AuditedRefusals refusals;
  private final TrustedCertificates certificates;
  private final Leases leases;
  private final ReleaseTransaction transaction;
  private final ReportService reports;
  private final GuardianKey guardian;
  private final InstantSource clock;
  private final SecureRandom random;

  /**
   * @param guardian this service's own
   * @param attestationSigners whose health certificates count here
   * @param lease how long an enclave may run a VM without a word of this service
   */
  public KeyProtectionService(
      Database database,
      AuditLog audit,
      AuditedRefusals refusals,
      GuardianKey guardian,
      List<X509Certificate> attestationSigners,
      Duration lease,
      InstantSource clock,
      SecureRandom random) {
    this.database = database;
    this.refusals = refusals;
    this.certificates = new TrustedCertificates(database, refusals, attestationSigners);
    this.leases = new Leases(lease);
    this.transaction = new ReleaseTransaction(audit, leases);
    this.reports =
        new ReportService(
            database, audit, refusals, certificates, leases, guardian.keys(), clock, random);
    this.guardian = guardian;
    this.clock = clock;
    this.random = random;
  }

  /** {@return this service's guardian document} */
  public byte[] guardian() {
    return guardian.guardian().toBytes();
  }

  /** Answers a release message, or refuses it. */
  public byte[] release(byte[] body) throws RefusedException, ProtectorException {
    Instant now = clock.instant();
    ReleaseMessage message = ReleaseMessage.parse(body);
    HealthCertificate certificate =
        certificates.require(message.certificate(), AuditKind.RELEASE_REFUSED, now);
    Asked asked = verified(message, certificate, now);
    ReleasedHost host = requireOwnersConsent(asked, now);
    for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
      Optional<Release> release = release(asked, host, now);
      if (release.isPresent()) {
        ObjectNode reply = Json.object();
        reply.set("release", release.get().toJson());
        return Json.bytes(reply);
      }
    }
    throw refuse(asked, ProblemType.NOT_READY, "the VM's state changes again and again", List.of());
  }

  /** {@return the release}; nothing if what it says of the VM is no longer so */
  private Optional<Release> release(Asked asked, ReleasedHost host, Instant now)
      throws RefusedException, ProtectorException {
    Admission.Admitted admitted =
        admitted(asked, database.read(reading -> Admission.of(reading, asked, now)));
    try (IngressEgress keys = roll(asked)) {
      Release release =
          Release.seal(
              asked.request(),
              asked.claims().enclave(),
              keys.with(new ReleaseTerms(admitted.state(), leases.time(), host)),
              random,
              SecretArena.plain());
      return commit(asked, keys.next(), admitted.state(), now)
          ? Optional.of(release)
          : Optional.empty();
    }
  }

  /** Answers what an enclave reports of a VM, or refuses it. */
  public byte[] report(byte[] body) throws RefusedException, ProtectorException {
    return reports.report(body);
  }

  private Asked verified(ReleaseMessage message, HealthCertificate certificate, Instant now)
      throws RefusedException, ProtectorException {
    try {
      KeyProtector protector = KeyProtector.fromJson(message.protector());
      ReleaseRequest request =
          ReleaseRequest.verify(message.request(), certificate.claims().enclave(), protector);
      Optional<RestoreGrant> restore =
          message.restore().isPresent()
              ? Optional.of(RestoreGrant.verify(message.restore().get(), protector, now))
              : Optional.empty();
      return new Asked(certificate, protector, request, restore);
    } catch (ProtectorException e) {
      throw refused(e, certificate);
    }
  }

  /** Malformed bytes go on as they are; what is well-formed and does not hold is a refusal. */
  private RefusedException refused(ProtectorException failure, HealthCertificate certificate)
      throws ProtectorException {
    return switch (failure.code()) {
      case MALFORMED, TOO_LARGE, UNKNOWN_FORMAT, WRONG_ALGORITHM, INVALID_KEY -> throw failure;
      default ->
          refuse(
              ProblemType.RELEASE_REFUSED,
              "host " + certificate.claims().host(),
              failure.code().title(),
              List.of(ReleaseFindings.protector(failure)),
              Map.of("host", certificate.claims().host()));
    };
  }

  /** {@return what the enclave is told of its host, to judge the same for itself} */
  private ReleasedHost requireOwnersConsent(Asked asked, Instant now) throws RefusedException {
    HealthClaims claims = asked.claims();
    List<String> baselines =
        database.read(reading -> CertificateGrounds.standing(reading, asked.certificate(), now));
    ReleasedHost host =
        new ReleasedHost(assurance(claims), claims.host(), claims.identity(), baselines);
    List<Violation> violations = host.violations(asked.protector().grant().policy(), now);
    if (!violations.isEmpty()) {
      throw refuse(
          asked,
          ProblemType.RELEASE_REFUSED,
          "the owner's policy does not allow it",
          ReleaseFindings.policy(
              violations, asked.protector().grant().policy(), claims, baselines));
    }
    return host;
  }

  /** The words of certificates are this service's own, and one that is not known is the weakest. */
  private static Assurance assurance(HealthClaims claims) {
    for (Assurance assurance : Assurance.values()) {
      if (assurance.id().equals(claims.assurance())) {
        return assurance;
      }
    }
    return Assurance.DIRECTORY;
  }

  private Admission.Admitted admitted(Asked asked, Admission admission) throws RefusedException {
    return switch (admission) {
      case Admission.Admitted admitted -> admitted;
      case Admission.NotCurrent lost -> throw notCurrent(asked, lost.standing());
      case Admission.RunsElsewhere elsewhere ->
          throw refuse(
              asked,
              ProblemType.VM_RUNS_ELSEWHERE,
              "the VM runs on host " + elsewhere.lease().host(),
              List.of(LeaseFindings.runsElsewhere(elsewhere.lease())));
      case Admission.RestoreUsed _ ->
          throw refuse(
              asked,
              ProblemType.RELEASE_REFUSED,
              "the owner's grant to restore was used before",
              List.of(LeaseFindings.restoreUsed()));
      case Admission.BoundElsewhere bound ->
          throw refuse(
              asked,
              ProblemType.RELEASE_REFUSED,
              "the owner's policy does not allow it",
              List.of(LeaseFindings.boundHost(bound.bound(), asked.claims().identity())));
    };
  }

  private RefusedException notCurrent(Asked asked, Generations.Standing standing) {
    long presented = asked.protector().generation();
    return switch (standing) {
      case Generations.Standing.Superseded superseded ->
          refuse(
              asked,
              ProblemType.GENERATION_SUPERSEDED,
              "this copy of the VM is out of date",
              List.of(ReleaseFindings.superseded(presented, superseded.newest())));
      case Generations.Standing.Unknown _, Generations.Standing.Current _ ->
          refuse(
              asked,
              ProblemType.GENERATION_SUPERSEDED,
              "this service does not know this copy of the VM",
              List.of(ReleaseFindings.unknownVm(presented)));
    };
  }

  private IngressEgress roll(Asked asked) throws RefusedException, ProtectorException {
    try {
      SecretArena arena = SecretArena.plain();
      return switch (asked.request().purpose()) {
        case START -> asked.protector().roll(guardian.keys(), random, arena);
        case PROVISION ->
            asked.protector().provision(UUID.randomUUID(), guardian.keys(), random, arena);
      };
    } catch (ProtectorException e) {
      throw refused(e, asked.certificate());
    }
  }

  private boolean commit(Asked asked, KeyProtector next, Optional<Digest> state, Instant now)
      throws RefusedException {
    Outcome outcome =
        database.write(writing -> transaction.write(writing, asked, next, state, now));
    return switch (outcome) {
      case Outcome.Done _ -> true;
      case Outcome.Changed _ -> false;
      case Outcome.Replayed _ ->
          throw refuse(
              asked,
              ProblemType.RELEASE_REFUSED,
              "this request has been answered before",
              List.of(ReleaseFindings.replayed()));
      case Outcome.Groundless(Gone gone) ->
          throw certificates.groundless(AuditKind.RELEASE_REFUSED, asked.claims(), gone);
      case Outcome.NotAdmitted lost -> {
        admitted(asked, lost.why());
        yield false;
      }
    };
  }

  private RefusedException refuse(
      Asked asked, ProblemType type, String detail, List<ReportedFinding> findings) {
    return refuse(type, asked.subject(), detail, findings, asked.facts(Optional.empty()));
  }

  private RefusedException refuse(
      ProblemType type,
      String subject,
      String detail,
      List<ReportedFinding> findings,
      Map<String, ?> facts) {
    return refusals.refuse(AuditKind.RELEASE_REFUSED, type, subject, detail, findings, facts);
  }
}
