package org.shieldwall.hgs.attestation;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.shieldwall.hgs.attestation.ChallengeToken.Proof;
import org.shieldwall.hgs.policy.PolicySet;
import org.shieldwall.hgs.policy.PolicySet.Applied;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.EndorsementKey;
import org.shieldwall.hgs.store.ImaProgress;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.AttestationKeyFlaw;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.Credential;
import org.shieldwall.tpm.CredentialMaker;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmPublic;

/** Makes the challenges of the TPM mode (docs/protocol.md, section 1). */
final class TpmChallenges {
  private static final Duration VALIDITY = Duration.ofMinutes(2);

  private final Database database;
  private final HostAdmission admission;
  private final AttestationRefusals refusals;
  private final PolicySource policies;
  private final AkCertificates certificates;
  private final TokenSeal seal;
  private final SecureRandom random;
  private final CredentialMaker credentials;

  TpmChallenges(
      Database database,
      HostAdmission admission,
      AttestationRefusals refusals,
      PolicySource policies,
      AkCertificates certificates,
      TokenSeal seal,
      SecureRandom random) {
    this.database = database;
    this.admission = admission;
    this.refusals = refusals;
    this.policies = policies;
    this.certificates = certificates;
    this.seal = seal;
    this.random = random;
    this.credentials = new CredentialMaker(random);
  }

  /** {@return a challenge for the host that asks, if it may attest} */
  Challenge challenge(ChallengeRequest request, Instant now)
      throws RefusedException, MalformedException {
    EndorsementKey ek = EndorsementKey.of(request.ekPublic());
    TpmPublic ak = TpmPublic.parseSized(request.akPublic().toArray());
    RegisteredHost host = admission.registered(ek.id());
    requireAcceptable(ak, host);
    Optional<Bytes> serial = certified(request, host, ak, now);
    PolicySet policySet = policies.current(now);
    Applied applied = policySet.of(host, now);
    PolicySet.Asked asked = policySet.asked(host, applied);
    Optional<ImaOffset> offset =
        applied.policy().needsImaList()
            ? offset(request, host, policySet.digestOf(applied))
            : Optional.empty();
    Bytes secret = random(ChallengeToken.SECRET_SIZE);
    ChallengeToken token =
        new ChallengeToken(
            random(ChallengeToken.ID_SIZE),
            now.plus(VALIDITY).truncatedTo(ChronoUnit.SECONDS),
            random(ChallengeToken.NONCE_SIZE),
            serial.isPresent() ? new Proof.Certificate(serial.get()) : new Proof.Activation(secret),
            ek.id(),
            ak.name().value(),
            Bytes.of(request.enclave().id().bytes()),
            offset);
    Optional<Credential> credential =
        serial.isPresent()
            ? Optional.empty()
            : Optional.of(credentials.make(ek.key(), ak.name(), secret.toArray()));
    return new Challenge(
        seal.seal(token),
        token.nonce(),
        credential.map(Credential::idObject).orElse(Bytes.EMPTY),
        credential.map(Credential::encryptedSecret).orElse(Bytes.EMPTY),
        List.copyOf(asked.pcrs()),
        asked.ima(),
        token.imaFrom(),
        token.expires());
  }

  /**
   * Where the host's list may begin: only for the boot that the host says it is in, which its quote
   * has to show, and only under the rules that the entries before were accepted under.
   */
  private Optional<ImaOffset> offset(ChallengeRequest request, RegisteredHost host, Bytes rules) {
    return request.resetCount().isEmpty()
        ? Optional.empty()
        : database
            .read(reading -> ImaProgress.of(reading, host.name()))
            .filter(each -> each.resetCount() == request.resetCount().getAsLong())
            .filter(each -> each.rules().equals(rules))
            .map(ImaOffset::of);
  }

  /**
   * The number of a certificate that saves the activation, if one was sent. One that does not count
   * is refused and not passed over: the host learns why it was worth nothing.
   */
  private Optional<Bytes> certified(
      ChallengeRequest request, RegisteredHost host, TpmPublic ak, Instant now)
      throws RefusedException {
    if (request.akCertificate().isEmpty()) {
      return Optional.empty();
    }
    AkCertificates.Judged judged = certificates.judge(request.akCertificate().get(), host, ak, now);
    if (judged.finding().isPresent()) {
      throw refusals.host(
          host,
          "the attestation key's certificate does not count",
          List.of(judged.finding().get()));
    }
    return Optional.of(judged.serial());
  }

  private Bytes random(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return Bytes.of(bytes);
  }

  /** Before anything is encrypted for the key, or signed by it is looked at. */
  private void requireAcceptable(TpmPublic ak, RegisteredHost host) throws RefusedException {
    List<String> flaws = AttestationKeyFlaw.of(ak).stream().map(AttestationKeyFlaw::title).toList();
    if (!flaws.isEmpty()) {
      throw refusals.host(
          host, "the attestation key may not be used", AttestationFindings.unacceptableKey(flaws));
    }
  }
}
