package org.shieldwall.hgs.keys;

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.keys.CertificateGrounds.Gone;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy.Violation;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.Release;
import org.shieldwall.protector.ReleaseRequest;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.protocol.ReportedFinding;
import tools.jackson.databind.node.ObjectNode;

/** Releases the keys of VMs (docs/protocol.md, section 3). */
public final class KeyProtectionService {
  private final Database database;
  private final AuditLog audit;
  private final AuditedRefusals refusals;
  private final GuardianKey guardian;
  private final List<X509Certificate> attestationSigners;
  private final InstantSource clock;
  private final SecureRandom random;
  private final ReleaseNonces nonces = new ReleaseNonces();

  /**
   * @param guardian this service's own
   * @param attestationSigners whose health certificates count here
   */
  public KeyProtectionService(
      Database database,
      AuditLog audit,
      AuditedRefusals refusals,
      GuardianKey guardian,
      List<X509Certificate> attestationSigners,
      InstantSource clock,
      SecureRandom random) {
    this.database = database;
    this.audit = audit;
    this.refusals = refusals;
    this.guardian = guardian;
    this.attestationSigners = List.copyOf(attestationSigners);
    this.clock = clock;
    this.random = random;
  }

  /** {@return this service's guardian document} */
  public byte[] guardian() {
    return guardian.guardian().toBytes();
  }

  /** What was asked, as far as it has been verified. */
  private record Asked(
      HealthCertificate certificate, KeyProtector protector, ReleaseRequest request) {
    HealthClaims claims() {
      return certificate.claims();
    }
  }

  /** Answers a release message, or refuses it. */
  public byte[] release(byte[] body) throws RefusedException, ProtectorException {
    Instant now = clock.instant();
    ReleaseMessage message = ReleaseMessage.parse(body);
    HealthCertificate certificate = trusted(HealthCertificate.parse(message.certificate()), now);
    Asked asked = verified(message, certificate);
    requireOwnersConsent(asked, now);
    requireCurrent(asked);
    try (IngressEgress keys = roll(asked)) {
      Release release = seal(asked, keys);
      commit(asked, keys.next(), now);
      ObjectNode reply = Json.object();
      reply.set("release", release.toJson());
      return Json.bytes(reply);
    }
  }

  private HealthCertificate trusted(HealthCertificate certificate, Instant now)
      throws RefusedException {
    HealthClaims claims = certificate.claims();
    Optional<String> refusal = certificate.refusal(attestationSigners, now);
    if (refusal.isPresent()) {
      throw refuse(
          ProblemType.CERTIFICATE_REFUSED,
          "certificate",
          refusal.get(),
          List.of(ReleaseFindings.certificate(refusal.get())),
          Map.of());
    }
    Optional<Gone> gone =
        database.read(reading -> CertificateGrounds.gone(reading, certificate, now));
    if (gone.isPresent()) {
      throw groundless(claims, gone.get());
    }
    return certificate;
  }

  private RefusedException groundless(HealthClaims claims, Gone gone) {
    ReportedFinding finding = ReleaseFindings.gone(gone, claims);
    return refuse(
        ProblemType.CERTIFICATE_REFUSED,
        "host " + claims.host(),
        finding.title(),
        List.of(finding),
        Map.of("host", claims.host()));
  }

  private Asked verified(ReleaseMessage message, HealthCertificate certificate)
      throws RefusedException, ProtectorException {
    try {
      KeyProtector protector = KeyProtector.fromJson(message.protector());
      ReleaseRequest request =
          ReleaseRequest.verify(message.request(), certificate.claims().enclave(), protector);
      return new Asked(certificate, protector, request);
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

  private void requireOwnersConsent(Asked asked, Instant now) throws RefusedException {
    HealthClaims claims = asked.claims();
    List<String> baselines =
        database.read(reading -> CertificateGrounds.standing(reading, asked.certificate(), now));
    List<Violation> violations =
        asked
            .protector()
            .grant()
            .policy()
            .violations(assurance(claims), Set.copyOf(baselines), claims.host(), now);
    if (!violations.isEmpty()) {
      throw refuse(
          asked,
          ProblemType.RELEASE_REFUSED,
          "the owner's policy does not allow it",
          ReleaseFindings.policy(
              violations, asked.protector().grant().policy(), claims, baselines));
    }
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

  /** Saves the work of a roll for copies that are out of date; {@link #commit} decides. */
  private void requireCurrent(Asked asked) throws RefusedException {
    if (asked.protector().vm().isPresent()) {
      requireCurrent(
          asked, database.read(reading -> Generations.standing(reading, asked.protector())));
    }
  }

  private Generations.Standing.Current requireCurrent(Asked asked, Generations.Standing standing)
      throws RefusedException {
    long presented = asked.protector().generation();
    return switch (standing) {
      case Generations.Standing.Current current -> current;
      case Generations.Standing.Superseded superseded ->
          throw refuse(
              asked,
              ProblemType.GENERATION_SUPERSEDED,
              "this copy of the VM is out of date",
              List.of(ReleaseFindings.superseded(presented, superseded.newest())));
      case Generations.Standing.Unknown _ ->
          throw refuse(
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

  private Release seal(Asked asked, IngressEgress keys) throws ProtectorException {
    return Release.seal(
        asked.request(), asked.claims().enclave(), keys, random, SecretArena.plain());
  }

  /** What came of the one transaction that makes a release count. */
  private sealed interface Outcome {
    record Done() implements Outcome {}

    record Replayed() implements Outcome {}

    record Groundless(Gone gone) implements Outcome {}

    record NotCurrent(Generations.Standing standing) implements Outcome {}
  }

  /** Generation, nonce and record, together or not at all, on the disk when this returns. */
  private void commit(Asked asked, KeyProtector next, Instant now) throws RefusedException {
    Outcome outcome = database.write(writing -> commit(writing, asked, next, now));
    switch (outcome) {
      case Outcome.Done _ -> {}
      case Outcome.Replayed _ ->
          throw refuse(
              asked,
              ProblemType.RELEASE_REFUSED,
              "this request has been answered before",
              List.of(ReleaseFindings.replayed()));
      case Outcome.Groundless(Gone gone) -> throw groundless(asked.claims(), gone);
      case Outcome.NotCurrent lost -> requireCurrent(asked, lost.standing());
    }
  }

  private Outcome commit(Handle writing, Asked asked, KeyProtector next, Instant now) {
    Optional<Gone> gone = CertificateGrounds.gone(writing, asked.certificate(), now);
    if (gone.isPresent()) {
      return new Outcome.Groundless(gone.get());
    }
    if (asked.protector().vm().isPresent()) {
      Generations.Standing standing = Generations.standing(writing, asked.protector());
      if (!(standing instanceof Generations.Standing.Current current)) {
        return new Outcome.NotCurrent(standing);
      }
      if (!nonces.spend(writing, asked.request(), asked.certificate().expires(), now)) {
        return new Outcome.Replayed();
      }
      Generations.advance(writing, asked.protector(), current, next, now);
    } else {
      if (!nonces.spend(writing, asked.request(), asked.certificate().expires(), now)) {
        return new Outcome.Replayed();
      }
      Generations.begin(writing, next, now);
    }
    audit.append(writing, AuditKind.RELEASED, vm(next), facts(asked, Optional.of(next)));
    return new Outcome.Done();
  }

  private RefusedException refuse(
      Asked asked, ProblemType type, String detail, List<ReportedFinding> findings) {
    return refuse(type, vm(asked.protector()), detail, findings, facts(asked, Optional.empty()));
  }

  private RefusedException refuse(
      ProblemType type,
      String subject,
      String detail,
      List<ReportedFinding> findings,
      Map<String, ?> facts) {
    return refusals.refuse(AuditKind.RELEASE_REFUSED, type, subject, detail, findings, facts);
  }

  private static String vm(KeyProtector protector) {
    return protector.vm().map(id -> "vm " + id).orElse("shielding data");
  }

  private static Map<String, Object> facts(Asked asked, Optional<KeyProtector> next) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("purpose", asked.request().purpose().id());
    facts.put("host", asked.claims().host());
    facts.put("identity", asked.claims().identity());
    facts.put("enclave", asked.claims().enclave().id().text());
    facts.put("baselines", asked.claims().baselines());
    facts.put("policy", asked.claims().policyName() + " " + asked.claims().policyVersion());
    facts.put("owner", asked.protector().grant().owner().id().text());
    facts.put("grant", asked.protector().grant().digest().text());
    facts.put("generation", asked.protector().generation());
    facts.put("protector", asked.protector().digest().text());
    next.ifPresent(protector -> {
      facts.put("nextGeneration", protector.generation());
      facts.put("nextProtector", protector.digest().text());
    });
    return facts;
  }
}
