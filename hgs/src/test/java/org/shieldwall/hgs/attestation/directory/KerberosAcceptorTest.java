package org.shieldwall.hgs.attestation.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.attestation.directory.KerberosAcceptor.Accepted;
import org.shieldwall.hgs.attestation.directory.KerberosAcceptor.NoKeyException;
import org.shieldwall.hgs.attestation.directory.KerberosAcceptor.NotBoundException;
import org.shieldwall.protocol.kerberos.KerberosException;
import org.shieldwall.protocol.kerberos.KerberosLogin;
import org.shieldwall.protocol.kerberos.KerberosProblem;
import org.shieldwall.tpm.Bytes;

/** Tickets of a real key distribution center, accepted and refused: the quick part of a domain. */
class KerberosAcceptorTest {
  private static final Bytes BOUND = Bytes.ofText("purpose, nonce and enclave");
  private static final String HOST = "HOST-A$";

  /** As the numbers of the keys differ or agree; both are one finding for the host. */
  private static final Set<KerberosProblem> NOT_OURS =
      Set.of(KerberosProblem.NOT_OUR_TICKET, KerberosProblem.KEYTAB_STALE);

  @TempDir private static Path folder;
  private static KerberosRealm realm;
  private static Path host;
  private static Path service;

  @BeforeAll
  static void start() throws Exception {
    realm = KerberosRealm.in(folder);
    host = realm.account(HOST);
    service = realm.account(KerberosRealm.SERVICE);
  }

  @AfterAll
  static void stop() throws Exception {
    realm.close();
  }

  private static KerberosRealm.Exchange exchange() throws Exception {
    return realm.exchange(HOST, host, KerberosRealm.SERVICE);
  }

  private static KerberosAcceptor acceptor() {
    return realm.acceptor(KerberosRealm.SERVICE, service);
  }

  @Test
  void givenNoServiceAtAll_whenATicketIsAskedFor_thenItIsUnreachable() throws Exception {
    Path configuration = folder.resolve("nobody.conf");
    Files.writeString(
        configuration,
        """
        [libdefaults]
        default_realm = %s
        udp_preference_limit = 1
        max_retries = 1
        [realms]
        %s = {
          kdc = localhost:1
        }
        """
            .formatted(KerberosRealm.NAME, KerberosRealm.NAME));
    assertThat(
            problem(() ->
                KerberosLogin.initiator(configuration, host, HOST + "@" + KerberosRealm.NAME)))
        .isEqualTo(KerberosProblem.UNREACHABLE);
  }

  private static KerberosProblem problem(ThrowingCallable attempt) {
    KerberosException failed = catchThrowableOfType(KerberosException.class, attempt);
    assertThat(failed).as("a refusal").isNotNull();
    return failed.problem();
  }

  @Test
  void givenATicketForThisService_whenItsHolderSaysWhatFor_thenTheClientIsKnown() throws Exception {
    KerberosRealm.Exchange exchange = exchange();
    Accepted accepted = acceptor().accept(exchange.token(), exchange.mic(BOUND), BOUND);
    assertThat(accepted.client()).isEqualTo(HOST + "@" + KerberosRealm.NAME);
    assertThat(accepted.reply().isEmpty()).isFalse();
  }

  @Test
  void givenAnExchange_whenItIsForSomethingElse_thenItIsNotBound() throws Exception {
    KerberosRealm.Exchange exchange = exchange();
    Bytes mic = exchange.mic(Bytes.ofText("something else"));
    assertThatThrownBy(() -> acceptor().accept(exchange.token(), mic, BOUND))
        .isInstanceOf(NotBoundException.class);
  }

  @Test
  void givenAnExchange_whenItIsSentAgain_thenItIsAReplay() throws Exception {
    KerberosRealm.Exchange exchange = exchange();
    Bytes mic = exchange.mic(BOUND);
    acceptor().accept(exchange.token(), mic, BOUND);
    assertThat(problem(() -> acceptor().accept(exchange.token(), mic, BOUND)))
        .isEqualTo(KerberosProblem.REPLAYED);
  }

  @Test
  void givenATicketForAnotherService_whenSent_thenItIsNotOurs() throws Exception {
    realm.account("shieldwall/elsewhere");
    KerberosRealm.Exchange exchange = realm.exchange(HOST, host, "shieldwall/elsewhere");
    Bytes mic = exchange.mic(BOUND);
    assertThat(problem(() -> acceptor().accept(exchange.token(), mic, BOUND))).isIn(NOT_OURS);
  }

  @Test
  void givenAServiceThatNobodyMade_whenATicketIsAskedFor_thenItIsUnknown() {
    assertThat(problem(() -> realm.exchange(HOST, host, "shieldwall/nowhere")))
        .isEqualTo(KerberosProblem.SERVICE_UNKNOWN);
  }

  @Test
  void givenKeysFromBefore_whenTheAccountHasOthers_thenTheyAreStale() throws Exception {
    Path old = realm.account("HOST-B$");
    realm.change("HOST-B$");
    assertThat(problem(() -> realm.exchange("HOST-B$", old, KerberosRealm.SERVICE)))
        .isEqualTo(KerberosProblem.KEYTAB_STALE);
  }

  @Test
  void givenTheServicesKeysFromBefore_whenATicketIsForTheNewOnes_thenItIsNotOpened()
      throws Exception {
    Path old = realm.account("shieldwall/changed");
    realm.change("shieldwall/changed");
    KerberosRealm.Exchange exchange = realm.exchange(HOST, host, "shieldwall/changed");
    Bytes mic = exchange.mic(BOUND);
    KerberosAcceptor acceptor = realm.acceptor("shieldwall/changed", old);
    assertThat(problem(() -> acceptor.accept(exchange.token(), mic, BOUND))).isIn(NOT_OURS);
  }

  @Test
  void givenAServiceWithoutKeys_whenATicketComes_thenThatIsTheServicesOwnFault() throws Exception {
    KerberosRealm.Exchange exchange = exchange();
    Bytes mic = exchange.mic(BOUND);
    KerberosAcceptor without =
        realm.acceptor(KerberosRealm.SERVICE, folder.resolve("no-such.keytab"));
    assertThatThrownBy(() -> without.accept(exchange.token(), mic, BOUND))
        .isInstanceOf(NoKeyException.class);
  }

  @Test
  void givenNoise_whenSentAsATicket_thenItIsRefused() throws Exception {
    Bytes mic = exchange().mic(BOUND);
    assertThat(problem(() -> acceptor().accept(Bytes.ofText("no token"), mic, BOUND))).isNotNull();
  }
}
