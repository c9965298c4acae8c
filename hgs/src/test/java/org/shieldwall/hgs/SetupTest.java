package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.HgsUnavailableException.Reason;

/** What stands in a new folder, and every reason why a service does not start. */
class SetupTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final InstantSource CLOCK = InstantSource.system();

  @TempDir private Path temporary;
  private HgsFolder folder = new HgsFolder(Path.of("unset"));

  @BeforeEach
  void name() {
    folder = new HgsFolder(temporary.resolve("hgs"));
  }

  private HgsSetup.Made create() throws HgsException {
    return new HgsSetup(CLOCK, RANDOM)
        .create(folder, HgsSetup.Address.named("localhost"), Optional.empty(), Optional.empty());
  }

  private static SecretBytes passphrase(String text) {
    return SecretBytes.takeFrom(SecretArena.plain(), text.getBytes(StandardCharsets.UTF_8));
  }

  private HgsServer start(Unlock unlock, int port) throws HgsException {
    return HgsServer.start(
        folder, folder.readConfiguration().listeningOn("127.0.0.1", port), unlock, CLOCK, RANDOM);
  }

  private HgsServer start() throws HgsException {
    return start(new Unlock.KeyFile(folder.keyFile()), 0);
  }

  private HgsException failure() {
    return failure(() -> start().close());
  }

  private static HgsException failure(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable attempt) {
    HgsException failure = catchThrowableOfType(HgsException.class, attempt);
    assertThat(failure).as("a failure for a person").isNotNull();
    assertThat(failure.hint()).isNotEmpty();
    assertThat(failure.what()).doesNotContain("Exception").doesNotEndWith(".");
    return failure;
  }

  @Test
  void givenANewFolder_whenMade_thenSecretsAreSealedAndOnlyTheOwnersToRead() throws Exception {
    HgsSetup.Made made = create();
    assertThat(made.keyBesideSecrets()).isTrue();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.path())))
        .isEqualTo("rwx------");
    for (Path secret :
        new Path[] {
          folder.keyFile(),
          folder.tlsKey(),
          folder.signerKey(),
          folder.tokenKey(),
          folder.guardianKey(),
          folder.database()
        }) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
          .as(secret.toString())
          .isEqualTo("rw-------");
    }
    assertThat(Files.readString(folder.signerKey())).contains("shieldwall-sealed-1");
    assertThat(Guardian.parse(Files.readAllBytes(folder.guardian())).id())
        .isEqualTo(made.guardian().id());
  }

  @Test
  void givenAServiceInTheFolder_whenMadeAgain_thenItIsLeftAlone() throws Exception {
    create();
    byte[] before = Files.readAllBytes(folder.guardian());
    assertThat(failure(this::create).what()).contains("not empty");
    assertThat(Files.readAllBytes(folder.guardian())).isEqualTo(before);
  }

  @Test
  void givenAFailureHalfWay_whenMade_thenNothingIsLeftBehind() throws Exception {
    Path unsafe = temporary.resolve("key");
    Files.write(unsafe, new byte[32]);
    Files.setPosixFilePermissions(unsafe, PosixFilePermissions.fromString("rw-r--r--"));
    HgsException failure =
        failure(() ->
            new HgsSetup(CLOCK, RANDOM)
                .create(
                    folder,
                    HgsSetup.Address.named("localhost"),
                    Optional.empty(),
                    Optional.of(unsafe)));
    assertThat(failure.what()).contains("chmod 0600");
    assertThat(Files.exists(folder.path())).isFalse();
  }

  @Test
  void givenAPassphrase_whenStarted_thenOnlyItOpensTheKeys() throws Exception {
    try (SecretBytes right = passphrase("correct horse battery staple");
        SecretBytes wrong = passphrase("incorrect horse battery")) {
      new HgsSetup(CLOCK, RANDOM)
          .create(
              folder, HgsSetup.Address.named("localhost"), Optional.of(right), Optional.empty());
      assertThat(folder.wantsPassphrase()).isTrue();
      assertThat(folder.readConfiguration().keyFile()).isEmpty();
      assertThat(failure(() -> start(new Unlock.Passphrase(wrong), 0).close()).what())
          .contains("passphrase is wrong");
      start(new Unlock.Passphrase(right), 0).close();
    }
  }

  @Test
  void givenATakenPort_whenStarted_thenItIsNamed() throws Exception {
    create();
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      HgsException failure =
          failure(() -> start(new Unlock.KeyFile(folder.keyFile()), taken.getLocalPort()).close());
      assertThat(failure.what()).contains("taken").contains("" + taken.getLocalPort());
    }
    start().close();
  }

  @Test
  void givenAMissingOrForeignPart_whenStarted_thenItIsNamed() throws Exception {
    assertThat(failure(() -> folder.readConfiguration()).hint()).contains("hgs init");
    create();
    for (Path part :
        new Path[] {
          folder.tlsKey(),
          folder.tokenKey(),
          folder.guardianKey(),
          folder.certificate(),
          folder.signer(),
          folder.database(),
          folder.keyFile()
        }) {
      Path aside = temporary.resolve("aside");
      Files.move(part, aside);
      assertThat(failure().what()).contains(part.getFileName().toString());
      Files.move(aside, part);
    }
    start().close();
  }

  @Test
  void givenRightsOfOthers_whenStarted_thenTheCommandThatMendsItIsNamed() throws Exception {
    create();
    for (Path part : new Path[] {folder.keyFile(), folder.signerKey(), folder.guardianKey()}) {
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r-----"));
      assertThat(failure().what()).contains("chmod 0600 " + part);
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-------"));
    }
    start().close();
  }

  @Test
  void givenAnotherKeyFileOrAnAlteredOne_whenStarted_thenItDoesNotOpen() throws Exception {
    create();
    byte[] genuine = Files.readAllBytes(folder.keyFile());
    byte[] other = new byte[32];
    Files.write(folder.keyFile(), other);
    assertThat(failure().what()).contains("not sealed with");
    Files.write(folder.keyFile(), new byte[31]);
    assertThat(failure().what()).contains("32 bytes");
    Files.write(folder.keyFile(), genuine);
    String sealed = Files.readString(folder.tokenKey());
    Files.writeString(folder.tokenKey(), sealed.replace("token-key-1", "tls-key-1"));
    assertThat(failure().what()).isNotEmpty();
    Files.writeString(folder.tokenKey(), sealed);
    start().close();
  }

  @Test
  void givenADamagedDatabase_whenStarted_thenItIsNamed() throws Exception {
    create();
    byte[] genuine = Files.readAllBytes(folder.database());
    Files.writeString(folder.database(), "no database, and quite long. ".repeat(500));
    assertThat(failure().what()).contains("hgs.db").contains("not a database");
    Files.write(folder.database(), genuine);
    start().close();
  }

  @Test
  void givenAnAddressThatIsNotHere_whenStarted_thenItIsNamed() throws Exception {
    create();
    assertThat(
            failure(() ->
                    HgsServer.start(
                            folder,
                            folder.readConfiguration().listeningOn("192.0.2.1", 0),
                            new Unlock.KeyFile(folder.keyFile()),
                            CLOCK,
                            RANDOM)
                        .close())
                .what())
        .contains("192.0.2.1");
  }

  @Test
  void givenWhatIsNoService_whenAClientAsks_thenItSaysWhatIsWrong() throws Exception {
    create();
    HgsFolder other = new HgsFolder(temporary.resolve("other"));
    new HgsSetup(CLOCK, RANDOM)
        .create(other, HgsSetup.Address.named("localhost"), Optional.empty(), Optional.empty());
    int freed;
    try (HgsServer server = start();
        HgsClient good = HgsClient.of(server.url(), folder.certificate());
        HgsClient wrong = HgsClient.of(server.url(), other.certificate())) {
      good.health();
      assertThat(good.guardian().name()).isEqualTo("HGS localhost");
      assertThat(unavailable(wrong).reason()).isEqualTo(Reason.WRONG_CERTIFICATE);
      assertThat(unavailable(wrong).hint()).contains("hgs.pem");
      freed = server.port();
    }
    java.net.URI gone = java.net.URI.create("https://127.0.0.1:" + freed);
    try (HgsClient client = HgsClient.of(gone, folder.certificate())) {
      assertThat(unavailable(client).reason()).isEqualTo(Reason.UNREACHABLE);
    }
    try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread answering = Thread.ofVirtual().start(() -> answerInPlainText(plain));
      java.net.URI http = java.net.URI.create("https://127.0.0.1:" + plain.getLocalPort());
      try (HgsClient client = HgsClient.of(http, folder.certificate())) {
        assertThat(unavailable(client).reason()).isEqualTo(Reason.NOT_AN_HGS);
      }
      answering.join();
    }
  }

  private static void answerInPlainText(ServerSocket plain) {
    try (var connection = plain.accept()) {
      connection
          .getOutputStream()
          .write(
              "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      connection.shutdownOutput();
      // Closed with anything unread, the kernel would take the answer back (RFC 1122, 4.2.2.13).
      connection.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static HgsUnavailableException unavailable(HgsClient client) {
    HgsUnavailableException failure =
        catchThrowableOfType(HgsUnavailableException.class, client::health);
    assertThat(failure).as("a failure for a person").isNotNull();
    return failure;
  }

  @Test
  void givenTheFolder_whenListed_thenNothingUnknownIsInIt() throws Exception {
    create();
    try (Stream<Path> files = Files.list(folder.path())) {
      assertThat(
              files.map(file -> file.getFileName().toString()).filter(n -> !n.startsWith("hgs.db")))
          .containsExactlyInAnyOrder(
              "hgs.toml",
              "hgs.pem",
              "attestation-signer.pem",
              "guardian.json",
              "unlock.key",
              "tls-key.sealed",
              "attestation-signer-key.sealed",
              "token-key.sealed",
              "guardian-key.sealed");
    }
  }
}
