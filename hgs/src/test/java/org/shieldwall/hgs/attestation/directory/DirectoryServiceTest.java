package org.shieldwall.hgs.attestation.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.DirectoryChallengeRequest;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.ProofBinding;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** A whole service, real tickets, and a directory that is not there, or does not answer. */
@Timeout(120)
class DirectoryServiceTest {
  private static final KeySet ENCLAVE = PrivateKeySet.generate(new SecureRandom()).publicKeys();
  private static final String HOST = "HOST-A$";

  @TempDir private Path folder;
  private KerberosRealm realm;
  private Path keytab;
  private Path host;
  private TestService service;

  @BeforeEach
  void start() throws Exception {
    realm = KerberosRealm.in(Files.createDirectory(folder.resolve("kdc")));
    host = realm.account(HOST);
    keytab = realm.account(KerberosRealm.SERVICE);
    service = TestService.in(folder.resolve("hgs"));
    service.administer(admin -> admin.modes().enable(AttestationMode.DIRECTORY));
    service.administer(admin -> admin.modes().addGroup("S-1-5-21-1-2-3-1104", "guarded hosts"));
  }

  @AfterEach
  void stop() throws Exception {
    service.close();
    realm.close();
  }

  private void configure(Path keys, int ldapPort) throws Exception {
    Files.writeString(
        service.folder().configuration(),
        """

        [directory]
        realm = "%s"
        ldap = ["ldap://localhost:%d"]
        account = "hgs-svc"
        service = "%s"
        keytab = "%s"
        krb5-conf = "%s"
        """
            .formatted(
                KerberosRealm.NAME, ldapPort, KerberosRealm.SERVICE, keys, realm.configuration()),
        StandardOpenOption.APPEND);
    service.restart();
  }

  private NonceChallenge challenge() throws Exception {
    return service.client().challenge(new DirectoryChallengeRequest(ENCLAVE));
  }

  private DirectoryProof proof() throws Exception {
    NonceChallenge challenge = challenge();
    KerberosRealm.Exchange exchange = realm.exchange(HOST, host, KerberosRealm.SERVICE);
    Bytes bound = ProofBinding.directory(challenge.nonce(), Bytes.of(ENCLAVE.id().bytes()));
    return new DirectoryProof(challenge.token(), ENCLAVE, exchange.token(), exchange.mic(bound));
  }

  private List<String> codes(Callable<?> attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt::call);
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  private List<String> codes(DirectoryProof proof) {
    return codes(() -> service.client().attest(proof));
  }

  private List<String> codes(MadeUpTicket ticket) throws Exception {
    return codes(
        new DirectoryProof(
            challenge().token(),
            ENCLAVE,
            ticket.token(HOST, KerberosRealm.SERVICE, keytab),
            Bytes.zeros(28)));
  }

  @Test
  void givenNoDirectoryInTheConfiguration_whenTheModeIsOn_thenThatIsSaid() {
    assertThat(codes(this::challenge)).containsExactly("directory-not-configured");
  }

  @Test
  void givenAKeytabWithoutTheServicesKey_whenATicketComes_thenTheServiceIsToBlame()
      throws Exception {
    configure(host, 1);
    assertThat(codes(proof())).containsExactly("service-keytab");
    assertThat(service.audit().getLast().subject()).isEqualTo("this service");
  }

  @Test
  void givenTicketsOfOtherTimes_whenUsed_thenEachIsRefusedForItsOwnTime() throws Exception {
    configure(keytab, 1);
    MadeUpTicket good = MadeUpTicket.good();
    assertThat(codes(good))
        .as("nothing but its use is wrong")
        .containsExactly("exchange-not-bound");

    Instant now = Instant.now();
    Duration skew = Duration.ofMinutes(20);
    for (Instant clock : List.of(now.minus(skew), now.plus(skew))) {
      assertThat(codes(new MadeUpTicket(good.from(), good.to(), clock)))
          .as("a client whose clock says " + clock)
          .containsExactly("clock-skew");
    }
    assertThat(codes(new MadeUpTicket(now.plus(skew), now.plus(skew.multipliedBy(2)), now)))
        .as("a ticket of a center whose clock is ahead")
        .containsExactly("clock-skew");
    assertThat(codes(new MadeUpTicket(now.minus(skew.multipliedBy(2)), now.minus(skew), now)))
        .containsExactly("ticket-expired");
  }

  /** The directory takes connections and never says a word; how long, this test decides. */
  @Test
  void givenADirectoryThatDoesNotAnswer_whenTwoAreLookedUp_thenTheThirdIsToldSoAtOnce()
      throws Exception {
    realm.account("ldap/localhost");
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        ExecutorService hosts = Executors.newFixedThreadPool(2)) {
      realm.add("hgs-svc", keytab);
      configure(keytab, silent.getLocalPort());
      DirectoryProof third = proof();
      List<Socket> connections = new ArrayList<>();
      List<Future<List<String>>> waiting = new ArrayList<>();
      try {
        for (DirectoryProof each : List.of(proof(), proof())) {
          waiting.add(hosts.submit(() -> codes(each)));
          connections.add(silent.accept());
        }
        assertThat(codes(third)).containsExactly("directory-busy");
      } finally {
        for (Socket each : connections) {
          each.close();
        }
      }
      for (Future<List<String>> each : waiting) {
        assertThat(each.get()).containsExactly("directory-unreachable");
      }
      // Nobody waits any more: the next is looked up again.
      Future<List<String>> next = hosts.submit(() -> codes(proof()));
      silent.accept().close();
      assertThat(next.get()).containsExactly("directory-unreachable");
    }
  }
}
