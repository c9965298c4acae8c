package org.shieldwall.hgs.attestation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.shieldwall.hgs.attestation.TokenSpending.OpenToken;
import org.shieldwall.hgs.attestation.directory.DirectoryAccount;
import org.shieldwall.hgs.attestation.directory.DirectorySettings;
import org.shieldwall.hgs.attestation.directory.KerberosAcceptor;
import org.shieldwall.hgs.attestation.directory.KerberosAcceptor.Accepted;
import org.shieldwall.hgs.attestation.directory.MachineDirectory;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.DirectoryGroup;
import org.shieldwall.hgs.store.GroupRegister;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.DirectoryChallengeRequest;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.DirectoryReply;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.ProofBinding;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.protocol.kerberos.KerberosException;
import org.shieldwall.tpm.Bytes;

/** Directory mode: a machine account's ticket and its groups (docs/protocol.md, section 4). */
final class DirectoryAttestation {
  private static final Bytes NOBODY_YET = Bytes.zeros(32);

  /** So many may wait for a directory at a time: the others' requests must not wait for them. */
  private static final int ASKING = 2;

  private final HostAdmission admission;
  private final ProofChallenges challenges;
  private final TokenSpending tokens;
  private final AttestationRefusals refusals;
  private final Certification certification;
  private final Database database;
  private final Optional<Domain> domain;
  private final Semaphore asking = new Semaphore(ASKING);

  /** The directory and what it is reached by. */
  record Domain(
      DirectorySettings settings, KerberosAcceptor acceptor, MachineDirectory directory) {}

  DirectoryAttestation(
      HostAdmission admission,
      ProofChallenges challenges,
      TokenSpending tokens,
      AttestationRefusals refusals,
      Certification certification,
      Database database,
      Optional<Domain> domain) {
    this.admission = admission;
    this.challenges = challenges;
    this.tokens = tokens;
    this.refusals = refusals;
    this.certification = certification;
    this.database = database;
    this.domain = domain;
  }

  NonceChallenge challenge(DirectoryChallengeRequest request, Instant now) throws RefusedException {
    requireDomain();
    return challenges.challenge(
        new ChallengeToken.Proof.Ticket(), NOBODY_YET, request.enclave(), now);
  }

  private Domain requireDomain() throws RefusedException {
    admission.requireEnabled(AttestationMode.DIRECTORY);
    if (domain.isEmpty()) {
      throw refuse("unknown host", List.of(DirectoryFindings.notConfigured()));
    }
    return domain.get();
  }

  DirectoryReply attest(DirectoryProof proof, Instant now)
      throws RefusedException, ProtectorException {
    try (OpenToken open = tokens.open(AttestationMode.DIRECTORY, proof.token(), now)) {
      Domain known = requireDomain();
      ChallengeToken token = open.token();
      List<ReportedFinding> wrong = ProofChallenges.sameEnclave(token, proof.enclave());
      if (!wrong.isEmpty()) {
        throw refuse("unknown host", wrong);
      }
      Accepted accepted = accept(known, proof, token);
      Member member = member(known, accepted);
      AttestReply attested =
          certification.certify(
              ProofChallenges.claims(
                  AttestationMode.DIRECTORY,
                  member.account().name() + "@" + known.settings().realm(),
                  member.account().sid(),
                  member.group(),
                  proof.enclave()),
              open,
              now,
              Certification.Also.NOTHING);
      Bytes bound = ProofBinding.directoryReply(token.nonce(), attested.certificate());
      return new DirectoryReply(attested, accepted.reply(), accepted.mic(bound));
    } catch (KerberosException e) {
      throw refuse("unknown host", List.of(DirectoryFindings.kerberos(e)));
    }
  }

  private Accepted accept(Domain known, DirectoryProof proof, ChallengeToken token)
      throws RefusedException, KerberosException {
    Bytes bound = ProofBinding.directory(token.nonce(), ProofChallenges.id(proof.enclave()));
    try {
      return known.acceptor().accept(proof.spnego(), proof.mic(), bound);
    } catch (KerberosAcceptor.NoKeyException e) {
      throw refuse("this service", List.of(DirectoryFindings.noServiceKey(known.settings())));
    } catch (KerberosAcceptor.NotBoundException e) {
      throw refuse("unknown host", List.of(DirectoryFindings.notBound()));
    }
  }

  private record Member(DirectoryAccount account, String group) {}

  private Member member(Domain known, Accepted accepted)
      throws RefusedException, KerberosException {
    String client = accepted.client();
    String subject = "account " + DirectoryFindings.printable(client);
    String realm = "@" + known.settings().realm();
    String name =
        client.endsWith(realm) ? client.substring(0, client.length() - realm.length()) : "";
    if (!name.endsWith("$") || name.indexOf('@') >= 0 || name.indexOf('/') >= 0) {
      throw refuse(subject, List.of(DirectoryFindings.notAMachine(client, known.settings())));
    }
    Optional<DirectoryAccount> account = find(known, subject, name);
    if (account.isEmpty()) {
      throw refuse(subject, List.of(DirectoryFindings.noSuchAccount(client)));
    }
    List<DirectoryGroup> registered = database.read(GroupRegister::all);
    Optional<DirectoryGroup> group =
        registered.stream().filter(each -> account.get().groups().contains(each.sid())).findFirst();
    List<ReportedFinding> findings = new ArrayList<>();
    if (!account.get().isMachine()) {
      findings.add(DirectoryFindings.notAMachine(client, known.settings()));
    }
    if (!account.get().isEnabled()) {
      findings.add(DirectoryFindings.disabled(client));
    }
    if (group.isEmpty()) {
      findings.add(DirectoryFindings.notAMember(client, registered));
    }
    if (!findings.isEmpty()) {
      throw refuse(subject, findings);
    }
    return new Member(account.get(), group.orElseThrow().sid());
  }

  private Optional<DirectoryAccount> find(Domain known, String subject, String name)
      throws RefusedException {
    if (!asking.tryAcquire()) {
      throw refuse(subject, List.of(DirectoryFindings.directoryBusy()));
    }
    try {
      return known.directory().find(name);
    } catch (MachineDirectory.UnavailableException e) {
      throw refuse(subject, List.of(DirectoryFindings.unreachable(e)));
    } finally {
      asking.release();
    }
  }

  private RefusedException refuse(String subject, List<ReportedFinding> findings) {
    return refusals.stranger(
        subject,
        findings.getFirst().title(),
        findings,
        Map.of("mode", AttestationMode.DIRECTORY.id()));
  }
}
