package org.shieldwall.hgs.keys;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.keys.CertificateGrounds.Gone;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.LeaseRegister;
import org.shieldwall.hgs.store.MoveRegister;
import org.shieldwall.hgs.store.StoredLease;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyId;
import org.shieldwall.protector.Lease;
import org.shieldwall.protector.Lease.Standing;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportMessage;
import org.shieldwall.protocol.ReportedFinding;
import tools.jackson.databind.node.ObjectNode;

/** Hears of VMs, and says who has them (docs/protocol.md, section 5). */
final class ReportService {
  private final Database database;
  private final AuditLog audit;
  private final AuditedRefusals refusals;
  private final TrustedCertificates certificates;
  private final Leases leases;
  private final PrivateKeySet signer;
  private final InstantSource clock;
  private final SecureRandom random;

  ReportService(
      Database database,
      AuditLog audit,
      AuditedRefusals refusals,
      TrustedCertificates certificates,
      Leases leases,
      PrivateKeySet signer,
      InstantSource clock,
      SecureRandom random) {
    this.database = database;
    this.audit = audit;
    this.refusals = refusals;
    this.certificates = certificates;
    this.leases = leases;
    this.signer = signer;
    this.clock = clock;
    this.random = random;
  }

  /** What came of a report. */
  private sealed interface Outcome {
    record Answered(Standing standing) implements Outcome {}

    record Refused(ReportedFinding why) implements Outcome {}

    record Groundless(Gone gone) implements Outcome {}
  }

  byte[] report(byte[] body) throws RefusedException, ProtectorException {
    Instant now = clock.instant();
    ReportMessage message = ReportMessage.parse(body);
    HealthCertificate certificate =
        certificates.require(message.certificate(), AuditKind.REPORT_REFUSED, now);
    VmReport report = verified(message, certificate.claims());
    return switch (database.write(writing -> take(writing, report, certificate, now))) {
      case Outcome.Answered answered -> answer(report, answered.standing());
      case Outcome.Refused refused ->
          throw refuse(subject(report), refused.why(), facts(report, certificate.claims()));
      case Outcome.Groundless(Gone what) ->
          throw certificates.groundless(AuditKind.REPORT_REFUSED, certificate.claims(), what);
    };
  }

  private VmReport verified(ReportMessage message, HealthClaims claims)
      throws RefusedException, ProtectorException {
    try {
      return VmReport.verify(message.report(), claims.enclave());
    } catch (ProtectorException e) {
      if (e.code() == Code.FOREIGN_SIGNATURE || e.code() == Code.ENCLAVE_MISMATCH) {
        throw refuse(
            "host " + claims.host(), ReleaseFindings.protector(e), Map.of("host", claims.host()));
      }
      throw e;
    }
  }

  private Outcome take(
      Handle writing, VmReport report, HealthCertificate certificate, Instant now) {
    Optional<Gone> gone = CertificateGrounds.gone(writing, certificate, now);
    if (gone.isPresent()) {
      return new Outcome.Groundless(gone.get());
    }
    Optional<StoredLease> found =
        LeaseRegister.find(writing, report.subject().grant().text(), report.subject().vm());
    if (found.isEmpty()) {
      return new Outcome.Refused(LeaseFindings.unknown());
    }
    StoredLease lease = found.get();
    if (!Leases.isOf(lease, certificate.claims())) {
      return new Outcome.Answered(Standing.ELSEWHERE);
    }
    if (lease.state() == StoredLease.State.BROKEN) {
      return new Outcome.Answered(Standing.BROKEN);
    }
    if (report.count() <= lease.reports()) {
      return new Outcome.Refused(LeaseFindings.replayed(lease.reports(), report.count()));
    }
    if (!Generations.commit(writing, report.subject(), report.state(), now)) {
      return new Outcome.Refused(LeaseFindings.superseded(report.subject().generation()));
    }
    return record(writing, report, lease, certificate.claims(), now);
  }

  private Outcome record(
      Handle writing, VmReport report, StoredLease lease, HealthClaims claims, Instant now) {
    return switch (report.event()) {
      case RUNNING, OFFERED -> {
        LeaseRegister.put(
            writing,
            lease.heldUntil(leases.end(now), report.subject().generation(), report.count()));
        report.target().ifPresent(target -> offer(writing, report, lease, target, claims));
        yield new Outcome.Answered(Standing.HELD);
      }
      case STOPPED, SAVED -> {
        LeaseRegister.put(writing, lease.over(StoredLease.State.ENDED, now, report.count()));
        if (MoveRegister.find(writing, lease.grant(), lease.vm()).isPresent()) {
          Generations.withdrawPending(writing, report.subject());
          MoveRegister.forget(writing, lease.grant(), lease.vm());
        }
        audit.append(writing, AuditKind.LEASE_ENDED, subject(report), facts(report, claims));
        yield new Outcome.Answered(Standing.ENDED);
      }
      case HANDED_OVER -> {
        if (!isUnderway(writing, report, lease) || !leases.move(writing, lease, now)) {
          yield new Outcome.Refused(LeaseFindings.notUnderway());
        }
        audit.append(writing, AuditKind.LEASE_MOVED, subject(report), facts(report, claims));
        yield new Outcome.Answered(Standing.ENDED);
      }
    };
  }

  private void offer(
      Handle writing, VmReport report, StoredLease lease, KeyId target, HealthClaims claims) {
    MoveRegister.offer(writing, lease.grant(), lease.vm(), lease.enclave(), target.text());
    audit.append(writing, AuditKind.VM_OFFERED, subject(report), facts(report, claims));
  }

  /** Handed over to the very enclave that it was offered to. */
  private static boolean isUnderway(Handle writing, VmReport report, StoredLease lease) {
    return MoveRegister.find(writing, lease.grant(), lease.vm())
        .filter(move -> move.source().equals(lease.enclave()))
        .map(MoveRegister.Move::target)
        .equals(report.target().map(KeyId::text));
  }

  private byte[] answer(VmReport report, Standing standing) {
    Duration time = standing == Standing.HELD ? leases.time() : Duration.ZERO;
    ObjectNode reply = Json.object();
    reply.set("lease", Lease.sign(report, standing, time, signer, random).toJson());
    return Json.bytes(reply);
  }

  private RefusedException refuse(String subject, ReportedFinding why, Map<String, ?> facts) {
    return refusals.refuse(
        AuditKind.REPORT_REFUSED,
        ProblemType.REPORT_REFUSED,
        subject,
        why.title(),
        List.of(why),
        facts);
  }

  private static String subject(VmReport report) {
    return "vm " + report.subject().vm();
  }

  private static Map<String, Object> facts(VmReport report, HealthClaims claims) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("event", report.event().id());
    facts.put("host", claims.host());
    facts.put("identity", claims.identity());
    facts.put("enclave", claims.enclave().id().text());
    facts.put("grant", report.subject().grant().text());
    facts.put("generation", report.subject().generation());
    facts.put("state", report.state().map(Digest::text).orElse(""));
    report.target().ifPresent(target -> facts.put("to", target.text()));
    return facts;
  }
}
