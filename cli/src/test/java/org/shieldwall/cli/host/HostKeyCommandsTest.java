package org.shieldwall.cli.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.host.PlayedHost.Said;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.agent.HostAgent;
import org.shieldwall.host.attest.hostkey.HostKeyAttester;
import org.shieldwall.host.attest.hostkey.HostKeySigner;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HostKeyDocument;
import org.shieldwall.tpm.Bytes;

/** A host that attests by its key, in a file and in its TPM, from its set-up to its certificate. */
@Timeout(120)
class HostKeyCommandsTest {
  @TempDir private Path folder;
  private PlayedHost host;
  private ServingHgs hgs;

  @BeforeEach
  void start() throws Exception {
    host = PlayedHost.boot(folder);
    hgs = ServingHgs.allowing(folder.resolve("hgs"), List.of(host.bootAggregate()));
  }

  @AfterEach
  void stop() throws Exception {
    if (hgs != null) {
      hgs.close();
    }
    if (host != null) {
      host.close();
    }
  }

  private Path publicKey() {
    return folder.resolve("played.pub.pem");
  }

  private void init(String where) throws Exception {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "init",
                "--mode",
                "host-key",
                "--name",
                "played",
                "--hgs",
                hgs.url(),
                "--hgs-certificate",
                hgs.certificate(),
                "--tpm",
                host.tpm()));
    if (where.equals("tpm")) {
      words.addAll(List.of("--key", "tpm"));
    }
    Said said = host.host(words.toArray());
    assertThat(said.exitCode()).as(said.err()).isZero();
    // Not the enclave's user of another agent on this machine.
    Path file = host.directory().resolve("host.toml");
    String usual = "enclave-user = " + HostConfig.ENCLAVE_USER;
    String toml = Files.readString(file);
    assertThat(toml).contains(usual);
    Files.writeString(file, toml.replace(usual, "enclave-user = " + (HostConfig.ENCLAVE_USER - 4)));
    Files.setPosixFilePermissions(host.directory(), PosixFilePermissions.fromString("rwx--x--x"));
  }

  private Said newKey() {
    return host.host("key", "new", "--out", publicKey(), "--json");
  }

  private String digest() {
    Said shown = host.host("key", "show", "--json");
    assertThat(shown.exitCode()).as(shown.err()).isZero();
    return shown.json().path("key").asString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "tpm"})
  void givenAKey_whenItIsMadeRegisteredAndTheModeIsOn_thenTheHostIsCertifiedByIt(String where)
      throws Exception {
    init(where);
    Said made = newKey();
    assertThat(made.exitCode()).as(made.err()).isZero();
    assertThat(made.out() + made.err()).doesNotContain("PRIVATE");
    String key = made.json().path("key").asString();
    assertThat(digest()).as("made anew from the same seed, or read again").isEqualTo(key);
    Path file = host.directory().resolve("host-key.pem");
    if (where.equals("file")) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    } else {
      assertThat(file).doesNotExist();
      assertThat(made.json().path("in").asString()).startsWith("TPM swtpm:");
    }

    Said added = hgs.hgs("host", "add", "--key", publicKey(), "--name", "played");
    assertThat(added.exitCode()).as(added.err()).isZero();
    assertThat(added.out()).contains("sha256:" + key, "shieldwall hgs mode enable host-key");
    try (HostAgent agent = HostAgent.start(host.config())) {
      assertThat(agent.isAlive()).isTrue();
      Said off = host.host("attest");
      assertThat(off.exitCode()).isEqualTo(Failure.REFUSED);
      assertThat(off.err() + off.out()).contains("mode-not-enabled");

      assertThat(hgs.hgs("mode", "enable", "host-key", "--yes").exitCode()).isZero();
      Said attested = host.host("attest");
      assertThat(attested.exitCode()).as(attested.out() + attested.err()).isZero();
      HealthCertificate certificate =
          HealthCertificate.parse(Bytes.of(Files.readAllBytes(host.config().certificateFile())));
      assertThat(certificate.claims().assurance()).isEqualTo("host-key");
      assertThat(certificate.claims().host()).isEqualTo("played");
      assertThat(certificate.claims().identity()).isEqualTo(key);

      hgs.hgs("host", "remove", "played", "--yes");
      Said removed = host.host("attest");
      assertThat(removed.exitCode()).isEqualTo(Failure.REFUSED);
      assertThat(removed.err() + removed.out()).contains("host-key-not-registered");
    }
  }

  @Test
  void givenAKeyInTheTpm_whenUsed_thenItSignsAndNothingOfItIsOnTheDisk() throws Exception {
    init("tpm");
    assertThat(newKey().exitCode()).isZero();
    try (HostKeySigner key = HostKeyAttester.open(java.util.Optional.empty(), host.tpm())) {
      java.security.Signature check =
          java.security.Signature.getInstance("SHA256withECDSAinP1363Format");
      // Many times: a number with leading zeros comes once in 256.
      for (int i = 0; i < 300; i++) {
        Bytes message = Bytes.ofText("message " + i);
        Bytes signature = key.sign(message);
        assertThat(signature.length()).isEqualTo(64);
        check.initVerify(key.publicKey());
        check.update(message.toArray());
        assertThat(check.verify(signature.toArray())).as("signature %d", i).isTrue();
      }
    }
    try (var files = Files.walk(host.directory())) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(each, StandardCharsets.ISO_8859_1))
            .as(each.toString())
            .doesNotContain("PRIVATE KEY");
      }
    }
  }

  @Test
  void givenAKeyFile_whenOthersMayReadItOrItIsGoneOrAnother_thenTheHostSaysWhatMendsIt()
      throws Exception {
    init("file");
    Path file = host.directory().resolve("host-key.pem");
    assertThat(refusal().code()).isEqualTo("host-key-not-usable");
    assertThat(refusal().remedy()).isEqualTo("shieldwall host key new");
    assertThat(newKey().exitCode()).isZero();
    byte[] genuine = Files.readAllBytes(file);

    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(refusal().remedy()).isEqualTo("chmod 0600 " + file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    digest();

    String text = new String(genuine, StandardCharsets.US_ASCII);
    int publicPart = text.indexOf("-----BEGIN PUBLIC KEY-----");
    Files.writeString(file, text.substring(0, publicPart));
    assertThat(refusal().what()).contains("lacks the public key");
    Files.writeString(file, text.substring(publicPart));
    assertThat(refusal().what()).contains("holds no private key");
    Files.writeString(
        file, text.substring(0, publicPart) + pem("PUBLIC KEY", key("EC", 384).getPublic()));
    assertThat(refusal().what()).contains("its public key is not that of its private key");
    Files.write(file, genuine);
    digest();

    // Neither half is written over.
    Said again = newKey();
    assertThat(again.exitCode()).isEqualTo(Failure.ENVIRONMENT);
    Files.delete(publicKey());
    Said taken = newKey();
    assertThat(taken.exitCode()).isNotZero();
    assertThat(Files.readAllBytes(file)).isEqualTo(genuine);
    assertThat(publicKey()).doesNotExist();
  }

  private AgentException refusal() {
    return org.assertj.core.api.Assertions.catchThrowableOfType(
        AgentException.class,
        () ->
            HostKeyAttester.open(
                    java.util.Optional.of(host.directory().resolve("host-key.pem")), host.tpm())
                .close());
  }

  @Test
  void givenAHostOfAnotherMode_whenAskedForItsKey_thenItSaysWhichModeItHas() throws Exception {
    host.init(hgs.url(), hgs.certificate());
    Said said = host.host("key", "show");
    assertThat(said.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(said.err()).contains("this host attests in mode tpm");
  }

  private static KeyPair key(String algorithm, int bits) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    if (bits > 0) {
      generator.initialize(bits);
    }
    return generator.generateKeyPair();
  }

  private static String pem(String what, java.security.Key key) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(
            what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded()));
  }

  @ParameterizedTest
  @CsvSource({
    "RSA, 2048, RSA of 2048 bits",
    "RSA, 1024, RSA of 1024 bits",
    "EC, 521, a key on a curve of 521 bits",
    "Ed25519, 0, another kind of key: ED25519",
    "Ed448, 0, another kind of key: ED448",
  })
  void givenAKeyThatIsTooWeakOrOfAnotherKind_whenRegistered_thenItIsRefusedByName(
      String algorithm, int bits, String named) throws Exception {
    Files.write(publicKey(), HostKeyDocument.pem(key(algorithm, bits).getPublic()));
    refused(named);
  }

  @Test
  void givenAPrivateKeyOrACertificateOrNoKey_whenRegistered_thenItIsSaidWhatItIs()
      throws Exception {
    KeyPair good = key("EC", 384);
    Files.writeString(publicKey(), pem("PRIVATE KEY", good.getPrivate()));
    refused("a private key: keep it on its host");
    Files.copy(hgs.certificate(), publicKey(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    refused("a certificate: give its public key alone");
    Files.writeString(publicKey(), "no key");
    refused("no public key in PEM");
    Files.write(publicKey(), HostKeyDocument.pem(good.getPublic()));
    assertThat(hgs.hgs("host", "add", "--key", publicKey(), "--name", "played").exitCode())
        .isZero();
  }

  private void refused(String named) {
    Said said = hgs.hgs("host", "add", "--key", publicKey(), "--name", "played");
    assertThat(said.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(said.err())
        .contains("a host key is RSA of at least 3072 bits, P-256 or P-384", named)
        .contains("shieldwall host key new");
    assertThat(hgs.hgs("host", "list", "--json").json().path("hosts").size()).isZero();
  }
}
