package org.shieldwall.hgs.attestation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.attestation.TokenSpending.OpenToken;
import org.shieldwall.hgs.attestation.hostkey.HostKey;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HostKeyChallengeRequest;
import org.shieldwall.protocol.HostKeyProof;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.ProofBinding;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;

/** Host-key mode: possession of a registered key (docs/protocol.md, section 4). */
final class HostKeyAttestation {
  private final HostAdmission admission;
  private final ProofChallenges challenges;
  private final TokenSpending tokens;
  private final AttestationRefusals refusals;
  private final Certification certification;

  HostKeyAttestation(
      HostAdmission admission,
      ProofChallenges challenges,
      TokenSpending tokens,
      AttestationRefusals refusals,
      Certification certification) {
    this.admission = admission;
    this.challenges = challenges;
    this.tokens = tokens;
    this.refusals = refusals;
    this.certification = certification;
  }

  NonceChallenge challenge(HostKeyChallengeRequest request, Instant now) throws RefusedException {
    admission.registered(AttestationMode.HOST_KEY, request.key());
    return challenges.challenge(
        new ChallengeToken.Proof.HostKey(), request.key(), request.enclave(), now);
  }

  AttestReply attest(HostKeyProof proof, Instant now) throws RefusedException, ProtectorException {
    try (OpenToken open = tokens.open(AttestationMode.HOST_KEY, proof.token(), now)) {
      ChallengeToken token = open.token();
      RegisteredHost host = admission.registered(AttestationMode.HOST_KEY, token.ek());
      List<ReportedFinding> findings =
          new ArrayList<>(ProofChallenges.sameEnclave(token, proof.enclave()));
      if (!key(host)
          .verifies(
              ProofBinding.hostKey(token.nonce(), ProofChallenges.id(proof.enclave()), token.ek()),
              proof.signature())) {
        findings.add(ProofFindings.hostKeySignature(host.ek()));
      }
      if (!findings.isEmpty()) {
        throw refusals.evidence(host, findings, open::spend);
      }
      return certification.certify(
          ProofChallenges.claims(
              AttestationMode.HOST_KEY, host.name(), host.ek(), "", proof.enclave()),
          open,
          now,
          Certification.Also.NOTHING);
    }
  }

  private static HostKey key(RegisteredHost host) {
    try {
      return HostKey.parseDer(host.ekPublic());
    } catch (HgsException e) {
      throw new IllegalStateException(
          "the stored key of host " + host.name() + " does not read", e);
    }
  }
}
