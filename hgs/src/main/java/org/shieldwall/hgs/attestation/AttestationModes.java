package org.shieldwall.hgs.attestation;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import org.shieldwall.hgs.attestation.directory.DirectorySettings;
import org.shieldwall.hgs.attestation.directory.KerberosAcceptor;
import org.shieldwall.hgs.attestation.directory.LdapDirectory;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.DirectoryChallengeRequest;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.HostKeyChallengeRequest;
import org.shieldwall.protocol.HostKeyProof;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.MalformedException;

/**
 * The modes side by side: gives a request for a challenge to its mode, and answers those of the two
 * modes that prove only who a host is (docs/protocol.md, section 4).
 */
public final class AttestationModes {
  private final AttestationService tpm;
  private final HostKeyAttestation hostKeys;
  private final DirectoryAttestation directory;
  private final InstantSource clock;

  /**
   * The modes beside {@code tpm}, over the same store.
   *
   * @param domain the directory; empty if there is none
   */
  public AttestationModes(
      AttestationService tpm,
      Database database,
      AuditLog audit,
      AuditedRefusals audited,
      AttestationSettings settings,
      Optional<DirectorySettings> domain,
      InstantSource clock,
      SecureRandom random) {
    AttestationRefusals refusals = new AttestationRefusals(audited);
    TokenSeal seal = new TokenSeal(settings.tokenKey(), random);
    HostAdmission admission = new HostAdmission(database, refusals, clock);
    ProofChallenges challenges = new ProofChallenges(seal, random);
    TokenSpending tokens = new TokenSpending(database, refusals, seal);
    Certification certification =
        new Certification(
            database,
            audit,
            new CertificateIssuer(
                settings.signerKey(), settings.signer(), settings.validity(), random));
    this.tpm = tpm;
    this.hostKeys = new HostKeyAttestation(admission, challenges, tokens, refusals, certification);
    this.directory =
        new DirectoryAttestation(
            admission,
            challenges,
            tokens,
            refusals,
            certification,
            database,
            domain.map(AttestationModes::connect));
    this.clock = clock;
  }

  private static DirectoryAttestation.Domain connect(DirectorySettings settings) {
    return new DirectoryAttestation.Domain(
        settings, new KerberosAcceptor(settings), new LdapDirectory(settings));
  }

  /** Answers a request for a challenge, in whatever mode. */
  public byte[] challenge(byte[] body)
      throws RefusedException, ProtectorException, MalformedException {
    return switch (mode(body)) {
      case TPM -> tpm.challenge(body);
      case HOST_KEY ->
          hostKeys.challenge(HostKeyChallengeRequest.parse(body), clock.instant()).toBytes();
      case DIRECTORY ->
          directory.challenge(DirectoryChallengeRequest.parse(body), clock.instant()).toBytes();
    };
  }

  private static AttestationMode mode(byte[] body) throws ProtectorException {
    Json mode = Json.parseMessage(body, "challenge request", ChallengeRequest.MAX_BYTES).at("mode");
    return AttestationMode.ofId(mode.text(20))
        .orElseThrow(() -> mode.malformed("tpm, host-key or directory", "another mode"));
  }

  /** Answers a proof in host-key mode with a health certificate, or refuses it. */
  public byte[] attestHostKey(byte[] body) throws RefusedException, ProtectorException {
    return hostKeys.attest(HostKeyProof.parse(body), clock.instant()).toBytes();
  }

  /** Answers a proof in directory mode with a health certificate, or refuses it. */
  public byte[] attestDirectory(byte[] body) throws RefusedException, ProtectorException {
    return directory.attest(DirectoryProof.parse(body), clock.instant()).toBytes();
  }
}
