package org.shieldwall.cli.modes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.MessageProp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.HgsConfig;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.HgsServer;
import org.shieldwall.hgs.HgsSetup;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.host.attest.directory.DirectoryAttester;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.DirectoryChallengeRequest;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProofBinding;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.protocol.kerberos.KerberosLogin;
import org.shieldwall.tpm.Bytes;

/**
 * Hosts of a real domain against a real service: one is in a registered group by way of another
 * group, the others are not what they should be. In order, since the last ones take the domain
 * down.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DirectoryModeTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final KeySet ENCLAVE = PrivateKeySet.generate(RANDOM).publicKeys();
  private static final KeySet OTHER_ENCLAVE = PrivateKeySet.generate(RANDOM).publicKeys();

  @TempDir private static Path temporary;
  private static SambaDomain domain;
  private static HgsServer server;
  private static HgsFolder folder;
  private static HgsClient hgs;

  @BeforeAll
  static void start() throws Exception {
    domain = SambaDomain.start();
    folder = new HgsFolder(temporary.resolve("hgs"));
    new HgsSetup(InstantSource.system(), RANDOM)
        .create(folder, HgsSetup.Address.named("localhost"), Optional.empty(), Optional.empty());
    Files.writeString(
        folder.configuration(),
        Files.readString(folder.configuration())
            + """

            [directory]
            realm = "%s"
            ldap = ["%s"]
            account = "hgs-svc"
            service = "%s"
            keytab = "%s"
            krb5-conf = "%s"
            """
                .formatted(
                    SambaDomain.REALM,
                    domain.ldap(),
                    SambaDomain.SERVICE,
                    domain.keytab("hgs"),
                    domain.kerberos()));
    HgsConfig config = folder.readConfiguration().listeningOn("127.0.0.1", 0);
    Unlock unlock = new Unlock.KeyFile(config.keyFile().orElseThrow());
    server = HgsServer.start(folder, config, unlock, InstantSource.system(), RANDOM);
    hgs = HgsClient.of(server.url(), folder.certificate());
    administer(admin -> {
      admin.modes().enable(AttestationMode.DIRECTORY);
      // What people call a group here says nothing: HOST-B is in the directory's own "Compute".
      admin.modes().addGroup(domain.sid("Guarded"), "Compute");
    });
  }

  @AfterAll
  static void stop() throws Exception {
    if (hgs != null) {
      hgs.close();
    }
    if (server != null) {
      server.close();
    }
    if (domain != null) {
      domain.close();
    }
  }

  private interface Change {
    void by(Administration administration) throws Exception;
  }

  private static void administer(Change change) throws Exception {
    try (Database database = folder.openDatabase()) {
      change.by(new Administration(database, InstantSource.system()));
    }
  }

  private static AttestReply attest(String account, String keytab, String service)
      throws Exception {
    return new DirectoryAttester(
            new AttestationSetting.Directory(
                domain.keytab(keytab),
                account + "@" + SambaDomain.REALM,
                service + "@" + SambaDomain.REALM,
                domain.kerberos()))
        .attest(hgs, ENCLAVE);
  }

  private static AttestReply attest(String machine) throws Exception {
    return attest(machine + "$", machine, SambaDomain.SERVICE);
  }

  private static List<String> codes(ThrowingCallable attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt);
    assertThat(refused).as("a refusal").isNotNull();
    Problem problem = refused.problem();
    return problem.findings().stream().map(ReportedFinding::code).toList();
  }

  private static AgentException failure(ThrowingCallable attempt) {
    AgentException failed = catchThrowableOfType(AgentException.class, attempt);
    assertThat(failed).as("a failure of the host's own").isNotNull();
    return failed;
  }

  /** A host's side of an exchange, taken apart. */
  private record Exchange(KerberosLogin login, GSSContext context, Bytes token) {
    static Exchange begin(String machine, String service) throws Exception {
      KerberosLogin login =
          KerberosLogin.initiator(
              domain.kerberos(), domain.keytab(machine), machine + "$@" + SambaDomain.REALM);
      return login.as(() -> {
        GSSManager manager = GSSManager.getInstance();
        GSSContext context =
            manager.createContext(
                manager.createName(service + "@" + SambaDomain.REALM, KerberosLogin.PRINCIPAL_NAME),
                KerberosLogin.SPNEGO,
                manager.createCredential(
                    null, 0, KerberosLogin.SPNEGO, GSSCredential.INITIATE_ONLY),
                0);
        context.requestMutualAuth(true);
        context.requestInteg(true);
        context.requestReplayDet(true);
        return new Exchange(login, context, Bytes.of(context.initSecContext(new byte[0], 0, 0)));
      });
    }

    DirectoryProof proof(NonceChallenge challenge, KeySet named, KeySet bound) throws Exception {
      byte[] message =
          ProofBinding.directory(challenge.nonce(), Bytes.of(bound.id().bytes())).toArray();
      byte[] mic =
          login.as(() -> context.getMIC(message, 0, message.length, new MessageProp(false)));
      return new DirectoryProof(challenge.token(), named, token, Bytes.of(mic));
    }
  }

  private static NonceChallenge challenge() throws Exception {
    return hgs.challenge(new DirectoryChallengeRequest(ENCLAVE));
  }

  @Test
  @Order(1)
  void givenAMachineInAGroupWithinTheGroup_whenItAttests_thenTheCertificateSaysHowLittleThatIs()
      throws Exception {
    AttestReply reply = attest("HOST-A");

    HealthCertificate certificate = HealthCertificate.parse(reply.certificate());
    assertThat(certificate.claims().mode()).isEqualTo("directory");
    assertThat(certificate.claims().assurance()).isEqualTo("directory");
    assertThat(certificate.claims().host()).isEqualTo("HOST-A$@FABRIC.TEST");
    assertThat(certificate.claims().identity()).isEqualTo(domain.sid("HOST-A$"));
    assertThat(certificate.claims().group()).isEqualTo(domain.sid("Guarded"));
    assertThat(certificate.claims().enclave()).isEqualTo(ENCLAVE);
  }

  @Test
  @Order(2)
  void givenAMachineInAGroupOfTheSameName_whenItAttests_thenItIsNoMember() {
    assertThat(codes(() -> attest("HOST-B"))).containsExactly("not-a-member");
  }

  @Test
  @Order(3)
  void givenAPersonInTheGroup_whenTheyAttest_thenTheyAreNoMachine() {
    assertThat(codes(() -> attest("person", "person", SambaDomain.SERVICE)))
        .containsExactly("not-a-machine-account");
  }

  @Test
  @Order(4)
  void givenATicketForAnotherService_whenSent_thenItIsRefused() {
    assertThat(codes(() -> attest("HOST-A$", "HOST-A", domain.otherService())))
        .containsExactly("ticket-for-another-service");
    assertThat(
            failure(() -> attest("HOST-A$", "HOST-A", "shieldwall/elsewhere.fabric.test")).code())
        .isEqualTo("service-unknown");
  }

  @Test
  @Order(5)
  void givenAnExchange_whenSentAgainOrForSomethingElse_thenItIsRefused() throws Exception {
    Exchange exchange = Exchange.begin("HOST-A", SambaDomain.SERVICE);
    DirectoryProof good = exchange.proof(challenge(), ENCLAVE, ENCLAVE);
    hgs.attest(good);
    assertThat(codes(() -> hgs.attest(good))).containsExactly("token-spent");
    NonceChallenge next = challenge();
    DirectoryProof again = new DirectoryProof(next.token(), ENCLAVE, good.spnego(), good.mic());
    assertThat(codes(() -> hgs.attest(again))).containsExactly("ticket-replayed");

    Exchange fresh = Exchange.begin("HOST-A", SambaDomain.SERVICE);
    DirectoryProof otherEnclave = fresh.proof(challenge(), ENCLAVE, OTHER_ENCLAVE);
    assertThat(codes(() -> hgs.attest(otherEnclave))).containsExactly("exchange-not-bound");
    Exchange third = Exchange.begin("HOST-A", SambaDomain.SERVICE);
    DirectoryProof swapped = third.proof(challenge(), OTHER_ENCLAVE, OTHER_ENCLAVE);
    assertThat(codes(() -> hgs.attest(swapped))).containsExactly("challenge-for-another-key");
    DirectoryProof noise =
        new DirectoryProof(challenge().token(), ENCLAVE, Bytes.ofText("no token"), good.mic());
    assertThat(codes(() -> hgs.attest(noise))).containsExactly("ticket-not-good");
  }

  @Test
  @Order(6)
  void givenATicketFromBefore_whenItsAccountIsDisabled_thenTheDirectoryOfNowCounts()
      throws Exception {
    Exchange exchange = Exchange.begin("HOST-C", SambaDomain.SERVICE);
    attest("HOST-C");
    domain.samba("user", "disable", "HOST-C$");
    DirectoryProof proof = exchange.proof(challenge(), ENCLAVE, ENCLAVE);
    assertThat(codes(() -> hgs.attest(proof))).containsExactly("account-disabled");
    assertThat(failure(() -> attest("HOST-C")).code()).isEqualTo("account-disabled");
  }

  @Test
  @Order(7)
  void givenATicketFromBefore_whenItsMachineLeavesTheGroup_thenItIsNoMember() throws Exception {
    Exchange exchange = Exchange.begin("HOST-A", SambaDomain.SERVICE);
    domain.samba("group", "removemembers", "Rack7", "HOST-A$");
    DirectoryProof proof = exchange.proof(challenge(), ENCLAVE, ENCLAVE);
    assertThat(codes(() -> hgs.attest(proof))).containsExactly("not-a-member");
    domain.samba("group", "addmembers", "Rack7", "HOST-A$");
    attest("HOST-A");
  }

  @Test
  @Order(8)
  void givenATicketFromBefore_whenItsAccountIsDeleted_thenThereIsNobodyItCanBe() throws Exception {
    domain.samba("user", "enable", "HOST-C$");
    Exchange exchange = Exchange.begin("HOST-C", SambaDomain.SERVICE);
    domain.samba("computer", "delete", "HOST-C");
    DirectoryProof proof = exchange.proof(challenge(), ENCLAVE, ENCLAVE);
    assertThat(codes(() -> hgs.attest(proof))).containsExactly("account-ambiguous");
  }

  @Test
  @Order(9)
  void givenAnOldKeytab_whenTheHostAttests_thenItIsToldThatTheKeytabIsStale() throws Exception {
    domain.samba("user", "setpassword", "HOST-B$", "--newpassword=An-other.2-word");
    assertThat(failure(() -> attest("HOST-B")).code()).isEqualTo("keytab-stale");
    assertThat(failure(() -> attest("HOST-B$", "HOST-A", SambaDomain.SERVICE)).code())
        .isEqualTo("keytab-missing");
  }

  /** The directory gives no ticket for a password out of its time: nobody is asked but it. */
  @Test
  @Order(10)
  void givenAPasswordOutOfItsTime_whenTheHostAttests_thenItIsToldThatTheKeytabIsToo()
      throws Exception {
    domain.samba(
        "user",
        "setpassword",
        "person",
        "--newpassword=Pass-word.1-person",
        "--must-change-at-next-login");
    assertThat(failure(() -> attest("person", "person", SambaDomain.SERVICE)).code())
        .isEqualTo("keytab-expired");
  }

  @Test
  @Order(11)
  void givenNoDomainController_whenATicketComes_thenItIsRefusedAllTheSame() throws Exception {
    Exchange exchange = Exchange.begin("HOST-A", SambaDomain.SERVICE);
    domain.stop();
    DirectoryProof proof = exchange.proof(challenge(), ENCLAVE, ENCLAVE);
    assertThat(codes(() -> hgs.attest(proof))).containsExactly("directory-unreachable");
    assertThat(failure(() -> attest("HOST-A")).code()).isEqualTo("kdc-unreachable");
  }

  @Test
  @Order(12)
  void givenAClockThatIsWrong_whenTheHostAttests_thenItIsToldSo() throws Exception {
    Path faketime = Path.of("/usr/bin/faketime");
    assumeTrue(Files.isExecutable(faketime), "skipped: no faketime; install the package faketime");
    domain.stop();
    domain.run(List.of(faketime.toString(), "-f", "+20m"));
    AgentException failed = failure(() -> attest("HOST-A"));
    assertThat(failed.code()).isEqualTo("clock-skew");
    assertThat(failed.remedy()).contains("clock");
  }
}
