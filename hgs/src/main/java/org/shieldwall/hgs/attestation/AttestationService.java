package org.shieldwall.hgs.attestation;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.EndorsementKey;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protector.B64u;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.AttestationBinding;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.AttestationKeyFlaw;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.Credential;
import org.shieldwall.tpm.CredentialMaker;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/** Challenges hosts and judges their answers (docs/protocol.md, sections 1 and 2). */
public final class AttestationService {
  private static final Duration CHALLENGE_VALIDITY = Duration.ofMinutes(2);

  private final Database database;
  private final AuditLog audit;
  private final AuditedRefusals refusals;
  private final TokenSeal seal;
  private final SpentTokens spent;
  private final CertificateIssuer issuer;
  private final PolicySource policies;
  private final InstantSource clock;
  private final SecureRandom random;
  private final CredentialMaker credentials;

  /** A service over this store, dating and drawing with these. */
  public AttestationService(
      Database database,
      AuditLog audit,
      AuditedRefusals refusals,
      AttestationSettings settings,
      InstantSource clock,
      SecureRandom random) {
    this.database = database;
    this.audit = audit;
    this.refusals = refusals;
    this.seal = new TokenSeal(settings.tokenKey(), random);
    this.spent = new SpentTokens(database);
    this.issuer =
        new CertificateIssuer(settings.signerKey(), settings.signer(), settings.validity(), random);
    this.policies = new PolicySource(database, settings);
    this.clock = clock;
    this.random = random;
    this.credentials = new CredentialMaker(random);
  }

  /** Answers a request for a challenge. */
  public byte[] challenge(byte[] body)
      throws RefusedException, ProtectorException, MalformedException {
    ChallengeRequest request = ChallengeRequest.parse(body);
    EndorsementKey ek = EndorsementKey.of(request.ekPublic());
    TpmPublic ak = TpmPublic.parseSized(request.akPublic().toArray());
    RegisteredHost host = requireRegistered(ek.id());
    requireAcceptable(ak, host);
    ChallengeToken token =
        new ChallengeToken(
            random(ChallengeToken.ID_SIZE),
            clock.instant().plus(CHALLENGE_VALIDITY).truncatedTo(ChronoUnit.SECONDS),
            random(ChallengeToken.NONCE_SIZE),
            random(ChallengeToken.SECRET_SIZE),
            ek.id(),
            ak.name().value(),
            Bytes.of(request.enclave().id().bytes()));
    AttestationPolicy policy = policies.current();
    Credential credential = credentials.make(ek.key(), ak.name(), token.secret().toArray());
    return new Challenge(
            seal.seal(token),
            token.nonce(),
            credential.idObject(),
            credential.encryptedSecret(),
            List.copyOf(policy.pcrs()),
            policy.ima().isPresent(),
            token.expires())
        .toBytes();
  }

  private Bytes random(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return Bytes.of(bytes);
  }

  private RegisteredHost requireRegistered(Bytes ek) throws RefusedException {
    Optional<RegisteredHost> host = database.read(reading -> HostRegister.byKey(reading, ek.hex()));
    if (host.filter(RegisteredHost::isRegistered).isPresent()) {
      return host.get();
    }
    throw refusals.refuse(
        AuditKind.ATTESTATION_REFUSED,
        ProblemType.ATTESTATION_REFUSED,
        host.map(removed -> "host " + removed.name()).orElse("unknown host"),
        "this host's TPM is not registered",
        AttestationFindings.notRegistered(ek.hex(), host.isPresent()),
        Map.of("ek", ek.hex()));
  }

  /** Before anything is encrypted for the key, or signed by it is looked at. */
  private void requireAcceptable(TpmPublic ak, RegisteredHost host) throws RefusedException {
    List<String> flaws = AttestationKeyFlaw.of(ak).stream().map(AttestationKeyFlaw::title).toList();
    if (!flaws.isEmpty()) {
      throw refuse(
          host,
          ProblemType.ATTESTATION_REFUSED,
          "the attestation key may not be used",
          AttestationFindings.unacceptableKey(flaws));
    }
  }

  /** Answers evidence with a health certificate, or refuses it with everything that is wrong. */
  public byte[] attest(byte[] body)
      throws RefusedException, ProtectorException, MalformedException {
    AttestRequest request = AttestRequest.parse(body);
    Instant now = clock.instant();
    ChallengeToken token = spend(request.token(), now);
    RegisteredHost host = requireRegistered(token.ek());
    TpmPublic ak = TpmPublic.parseSized(request.akPublic().toArray());
    List<ReportedFinding> findings = answersChallenge(request, ak, token);
    Verdict verdict =
        Verifier.appraise(policies.current(), evidence(request, ak), asked(token, host));
    return switch (verdict) {
      case Verdict.Healthy healthy when findings.isEmpty() ->
          certify(request, host, healthy.claims(), now);
      case Verdict.Healthy _ -> throw refuse(host, findings);
      case Verdict.Refused refused -> {
        findings.addAll(AttestationFindings.reported(refused.findings()));
        throw refuse(host, findings);
      }
    };
  }

  private static UntrustedEvidence evidence(AttestRequest request, TpmPublic ak) {
    return new UntrustedEvidence(
        request.quote(),
        request.signature(),
        ak,
        PcrValues.of(TpmHash.SHA256, request.pcrs()),
        Optional.of(request.eventLog()),
        request.ima());
  }

  private static org.shieldwall.evidence.Challenge asked(
      ChallengeToken token, RegisteredHost host) {
    return new org.shieldwall.evidence.Challenge(
        Optional.of(host.name()),
        AttestationBinding.extraData(token.nonce(), token.enclave()),
        token.enclave());
  }

  /** Uses the token up, whatever will come of the evidence. */
  private ChallengeToken spend(String text, Instant now) throws RefusedException {
    Optional<ChallengeToken> token = seal.open(text);
    if (token.isEmpty()) {
      throw refuseToken(
          AttestationFindings.token("a token of this service", "one that it did not make"));
    }
    if (!now.isBefore(token.get().expires())) {
      throw refuseToken(
          AttestationFindings.token("an answer by " + token.get().expires(), "one at " + now));
    }
    if (!spent.spend(token.get(), now)) {
      throw refuseToken(AttestationFindings.replayed());
    }
    return token.get();
  }

  /** That the evidence comes from whom the challenge was made for. */
  private static List<ReportedFinding> answersChallenge(
      AttestRequest request, TpmPublic ak, ChallengeToken token) {
    List<ReportedFinding> findings = new ArrayList<>();
    if (!MessageDigest.isEqual(request.activatedSecret().toArray(), token.secret().toArray())) {
      findings.add(AttestationFindings.notActivated());
    }
    if (!ak.name().value().equals(token.akName())) {
      findings.add(AttestationFindings.changed("attestation key"));
    }
    if (!Bytes.of(request.enclave().id().bytes()).equals(token.enclave())) {
      findings.add(AttestationFindings.changed("enclave"));
    }
    return findings;
  }

  private byte[] certify(
      AttestRequest request,
      RegisteredHost host,
      org.shieldwall.evidence.HealthClaims proven,
      Instant now)
      throws ProtectorException {
    HealthClaims claims =
        new HealthClaims(
            "tpm",
            "tpm",
            host.name(),
            host.ek(),
            request.enclave(),
            proven.policy(),
            proven.policyVersion(),
            proven.baselines(),
            proven.resetCount(),
            proven.restartCount());
    HealthCertificate certificate = HealthCertificate.parse(issuer.issue(claims, now));
    database.write(writing ->
        audit.append(
            writing,
            AuditKind.ATTESTED,
            "host " + host.name(),
            facts(claims, certificate.expires())));
    return new AttestReply(
            certificate.der(), issuer.signerDer(), certificate.expires(), host.name(), claims)
        .toBytes();
  }

  private static Map<String, Object> facts(HealthClaims claims, Instant expires) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("ek", claims.ek());
    facts.put("enclave", claims.enclave().id().text());
    facts.put("policy", claims.policyName() + " " + claims.policyVersion());
    facts.put("baselines", claims.baselines());
    facts.put("resetCount", claims.resetCount());
    facts.put("restartCount", claims.restartCount());
    facts.put("expires", expires.toString());
    return facts;
  }

  private RefusedException refuseToken(ReportedFinding finding) {
    return refusals.refuse(
        AuditKind.ATTESTATION_REFUSED,
        ProblemType.TOKEN_REFUSED,
        "unknown host",
        finding.title(),
        List.of(finding),
        Map.of());
  }

  private RefusedException refuse(RegisteredHost host, List<ReportedFinding> findings) {
    boolean unreadable =
        findings.stream()
            .allMatch(finding -> finding.code().equals(FindingCode.EVIDENCE_MALFORMED.code()));
    return refuse(
        host,
        unreadable ? ProblemType.MALFORMED : ProblemType.ATTESTATION_REFUSED,
        findings.size() == 1 ? "one check failed" : findings.size() + " checks failed",
        findings);
  }

  private RefusedException refuse(
      RegisteredHost host, ProblemType type, String detail, List<ReportedFinding> findings) {
    return refusals.refuse(
        AuditKind.ATTESTATION_REFUSED,
        type,
        "host " + host.name(),
        detail,
        findings,
        Map.of("ek", host.ek()));
  }

  /** {@return the certificate that signs health certificates} */
  public byte[] signer() {
    return Json.bytes(Json.object().put("signer", B64u.encode(issuer.signerDer().toArray())));
  }
}
