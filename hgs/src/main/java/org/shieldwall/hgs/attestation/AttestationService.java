package org.shieldwall.hgs.attestation;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.hgs.attestation.ChallengeToken.Proof;
import org.shieldwall.hgs.attestation.TokenSpending.OpenToken;
import org.shieldwall.hgs.attestation.TpmAppraisal.Judgement;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.store.AttestationRegister;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.EvidenceRegister;
import org.shieldwall.hgs.store.EvidenceRegister.Prepared;
import org.shieldwall.hgs.store.ImaProgress;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protector.B64u;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.HealthClaims.ExceptedCheck;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmPublic;

/**
 * Challenges hosts and judges their answers (docs/protocol.md, sections 1 and 2): finds the host
 * ({@link HostAdmission}), challenges it ({@link TpmChallenges}), takes its answer once ({@link
 * TokenSpending}), judges it ({@link TpmAppraisal}), certifies it ({@link Certification}).
 */
public final class AttestationService {
  private final Database database;
  private final AttestationRefusals refusals;
  private final HostAdmission admission;
  private final AkCertificates keys;
  private final TpmChallenges challenges;
  private final TokenSpending tokens;
  private final TpmAppraisal appraisal;
  private final Certification certification;
  private final KeptEvidence evidence;
  private final InstantSource clock;

  /** A service over this store, dating and drawing with these. */
  public AttestationService(
      Database database,
      AuditLog audit,
      AuditedRefusals refusals,
      AttestationSettings settings,
      InstantSource clock,
      SecureRandom random) {
    PolicySource policies = new PolicySource(database);
    TokenSeal seal = new TokenSeal(settings.tokenKey(), random);
    this.database = database;
    this.refusals = new AttestationRefusals(refusals);
    this.admission = new HostAdmission(database, this.refusals, clock);
    CertificateIssuer issuer =
        new CertificateIssuer(settings.signerKey(), settings.signer(), settings.validity(), random);
    this.keys = new AkCertificates(database, audit, issuer, settings.signer());
    this.challenges =
        new TpmChallenges(database, admission, this.refusals, policies, keys, seal, random);
    this.tokens = new TokenSpending(database, this.refusals, seal);
    this.appraisal = new TpmAppraisal(policies, keys);
    this.certification = new Certification(database, audit, issuer);
    this.evidence = new KeptEvidence(database);
    this.clock = clock;
  }

  /** Answers a request for a challenge. */
  public byte[] challenge(byte[] body)
      throws RefusedException, ProtectorException, MalformedException {
    ChallengeRequest request = ChallengeRequest.parse(body);
    Instant now = clock.instant();
    try (Database.View _ = database.view()) {
      return challenges.challenge(request, now).toBytes();
    }
  }

  /** Answers evidence with a health certificate, or refuses it with everything that is wrong. */
  public byte[] attest(byte[] body)
      throws RefusedException, ProtectorException, MalformedException {
    AttestRequest request = AttestRequest.parse(body);
    Instant now = clock.instant();
    try (OpenToken open = tokens.open(AttestationMode.TPM, request.token(), now)) {
      Judged judged = judge(request, open, now);
      RegisteredHost host = judged.host();
      Judgement judgement = judged.judgement();
      if (judgement.appraisal().verdict() instanceof Verdict.Healthy healthy
          && judgement.findings().isEmpty()) {
        return certified(request, open, judged, healthy, now).toBytes();
      }
      throw refusals.evidence(host, judgement.findings(), refusedToo(open, judged, now));
    }
  }

  /**
   * What an answer is worth.
   *
   * @param kept what of it is kept, once the host has shown that it comes from its TPM
   */
  private record Judged(RegisteredHost host, Judgement judgement, Optional<Prepared> kept) {}

  private Judged judge(AttestRequest request, OpenToken open, Instant now)
      throws RefusedException, ProtectorException, MalformedException {
    try (Database.View _ = database.view()) {
      RegisteredHost host = admission.registered(open.token().ek());
      Judgement judgement = appraisal.judge(request, open.token(), host, now);
      return new Judged(
          host,
          judgement,
          judgement.identified()
              ? Optional.of(evidence.prepare(request, open.token(), host))
              : Optional.empty());
    }
  }

  /** With a certificate of the attestation key, if the key has just been activated. */
  private AttestReply certified(
      AttestRequest request, OpenToken open, Judged judged, Verdict.Healthy healthy, Instant now)
      throws RefusedException, ProtectorException, MalformedException {
    RegisteredHost host = judged.host();
    Judgement judgement = judged.judgement();
    Optional<ImaProgress.Stored> progress =
        ImaOffset.reached(host, judgement.rules(), judgement.appraisal(), healthy.claims(), now)
            .filter(each -> !open.token().offset().equals(Optional.of(ImaOffset.of(each))));
    Optional<AkCertificates.Issued> issued =
        open.token().proof() instanceof Proof.Activation
            ? Optional.of(keys.issue(host, TpmPublic.parseSized(request.akPublic().toArray()), now))
            : Optional.empty();
    AttestReply reply =
        certification.certify(
            claims(request, host, healthy.claims(), judgement),
            open,
            now,
            judgement.until(),
            writing -> {
              judged.kept().ifPresent(each -> EvidenceRegister.keep(writing, each));
              progress.ifPresent(each -> ImaProgress.put(writing, each));
              issued.ifPresent(each -> keys.register(writing, each));
            });
    return issued.map(each -> reply.with(each.der())).orElse(reply);
  }

  /** What is written with a refusal: that the token is spent, and what the host showed. */
  private Consumer<Handle> refusedToo(OpenToken open, Judged judged, Instant now) {
    if (judged.kept().isEmpty()) {
      return open::spend;
    }
    Prepared kept = judged.kept().get();
    return writing -> {
      if (open.spend(writing)) {
        AttestationRegister.record(
            writing, KeptEvidence.refused(judged.host(), judged.judgement(), now));
        EvidenceRegister.keep(writing, kept);
      }
    };
  }

  private static HealthClaims claims(
      AttestRequest request,
      RegisteredHost host,
      org.shieldwall.evidence.HealthClaims proven,
      Judgement judgement) {
    return new HealthClaims(
        "tpm",
        "tpm",
        host.name(),
        host.ek(),
        "",
        request.enclave(),
        proven.policy(),
        proven.policyVersion(),
        proven.baselines(),
        proven.resetCount(),
        proven.restartCount(),
        proven.checks().stream().map(Check::label).toList(),
        judgement.applied().exceptions().stream()
            .map(each -> new ExceptedCheck(each.check(), each.expires()))
            .toList());
  }

  /** {@return the certificate that signs health certificates} */
  public byte[] signer() {
    return Json.bytes(
        Json.object().put("signer", B64u.encode(certification.signerDer().toArray())));
  }
}
