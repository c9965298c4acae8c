package org.shieldwall.hgs.attestation;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.hgs.attestation.TokenSpending.OpenToken;
import org.shieldwall.hgs.attestation.TpmAppraisal.Judgement;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protector.B64u;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.MalformedException;

/**
 * Challenges hosts and judges their answers (docs/protocol.md, sections 1 and 2): finds the host
 * ({@link HostAdmission}), challenges it ({@link TpmChallenges}), takes its answer once ({@link
 * TokenSpending}), judges it ({@link TpmAppraisal}), certifies it ({@link Certification}).
 */
public final class AttestationService {
  private final AttestationRefusals refusals;
  private final HostAdmission admission;
  private final TpmChallenges challenges;
  private final TokenSpending tokens;
  private final TpmAppraisal appraisal;
  private final Certification certification;
  private final InstantSource clock;

  /** A service over this store, dating and drawing with these. */
  public AttestationService(
      Database database,
      AuditLog audit,
      AuditedRefusals refusals,
      AttestationSettings settings,
      InstantSource clock,
      SecureRandom random) {
    PolicySource policies = new PolicySource(database, settings);
    TokenSeal seal = new TokenSeal(settings.tokenKey(), random);
    this.refusals = new AttestationRefusals(refusals);
    this.admission = new HostAdmission(database, this.refusals, clock);
    this.challenges = new TpmChallenges(admission, this.refusals, policies, seal, random);
    this.tokens = new TokenSpending(database, this.refusals, seal);
    this.appraisal = new TpmAppraisal(policies);
    this.certification =
        new Certification(
            database,
            audit,
            new CertificateIssuer(
                settings.signerKey(), settings.signer(), settings.validity(), random));
    this.clock = clock;
  }

  /** Answers a request for a challenge. */
  public byte[] challenge(byte[] body)
      throws RefusedException, ProtectorException, MalformedException {
    return challenges.challenge(ChallengeRequest.parse(body), clock.instant()).toBytes();
  }

  /** Answers evidence with a health certificate, or refuses it with everything that is wrong. */
  public byte[] attest(byte[] body)
      throws RefusedException, ProtectorException, MalformedException {
    AttestRequest request = AttestRequest.parse(body);
    Instant now = clock.instant();
    try (OpenToken open = tokens.open(request.token(), now)) {
      RegisteredHost host = admission.registered(open.token().ek());
      Judgement judgement = appraisal.judge(request, open.token(), host);
      if (judgement.verdict() instanceof Verdict.Healthy healthy
          && judgement.findings().isEmpty()) {
        HealthClaims claims = claims(request, host, healthy.claims());
        return certification.certify(claims, open, now, Certification.Also.NOTHING).toBytes();
      }
      throw refusals.evidence(host, judgement.findings(), open::spend);
    }
  }

  private static HealthClaims claims(
      AttestRequest request, RegisteredHost host, org.shieldwall.evidence.HealthClaims proven) {
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
        proven.restartCount());
  }

  /** {@return the certificate that signs health certificates} */
  public byte[] signer() {
    return Json.bytes(
        Json.object().put("signer", B64u.encode(certification.signerDer().toArray())));
  }
}
