package org.shieldwall.cli.hgs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.GenuineEvidence;
import org.shieldwall.cli.Main;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.ObjectAttribute;
import org.shieldwall.tpm.TpmKey;
import org.shieldwall.tpm.TpmPublic;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an HGS administrator types, and what comes of it. */
@Timeout(120)
class HgsCommandTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path temporary;

  private record Said(int exitCode, String out, String err) {
    JsonNode json() {
      return JSON.readTree(out);
    }
  }

  private Said run(Object... words) {
    List<String> arguments = new ArrayList<>(List.of("hgs"));
    for (Object word : words) {
      arguments.add(word.toString());
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Said(exitCode, out.toString(), err.toString());
  }

  private Path folder() {
    return temporary.resolve("hgs");
  }

  private Said init() {
    return run("init", "--dir", folder(), "--listen", "127.0.0.1:0", "--json");
  }

  /** A genuine point on P-256 stands for the endorsement key. */
  private Path identity(String name, String x, String y) throws Exception {
    TpmPublic template = KeyTemplates.endorsementEccP256();
    TpmKey.Ecc shape = (TpmKey.Ecc) template.key();
    TpmPublic ek =
        TpmPublic.of(
            template.nameAlg(),
            template.attributes(),
            template.authPolicy(),
            new TpmKey.Ecc(
                shape.symmetric(),
                shape.scheme(),
                shape.curve(),
                shape.kdf(),
                Bytes.ofHex(x),
                Bytes.ofHex(y)));
    assertThat(ek.has(ObjectAttribute.DECRYPT)).isTrue();
    Path file = temporary.resolve(name + ".identity.json");
    Files.write(file, new HostIdentity(name, ek.sized(), Optional.empty(), "test").toBytes());
    return file;
  }

  /** The base point of P-256 (SEC 2, section 2.4.2). */
  private Path baseIdentity(String name) throws Exception {
    return identity(
        name,
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
  }

  /** Twice the base point. */
  private Path otherIdentity(String name) throws Exception {
    return identity(
        name,
        "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978",
        "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1");
  }

  @Test
  void givenNothing_whenInitialised_thenItSaysWhatToHandOutAndTheSecretsAreClosed()
      throws Exception {
    Said said = run("init", "--dir", folder(), "--name", "hgs.example");
    assertThat(said.exitCode()).isZero();
    assertThat(said.out())
        .contains("https://hgs.example:8443")
        .contains("hgs.pem")
        .contains("guardian id")
        .contains("whoever copies the")
        .contains("shieldwall hgs serve");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder().resolve("unlock.key"))))
        .isEqualTo("rw-------");
    Said again = run("init", "--dir", folder());
    assertThat(again.exitCode()).isEqualTo(Failure.ENVIRONMENT);
    assertThat(again.err()).startsWith("error: ").contains("hint:").contains("not empty");
  }

  @Test
  void givenAKeyFileElsewhere_whenInitialised_thenThereIsNoWarning() {
    Said said = run("init", "--dir", folder(), "--key-file", temporary.resolve("elsewhere.key"));
    assertThat(said.exitCode()).isZero();
    assertThat(said.out()).doesNotContain("whoever copies");
    assertThat(folder().resolve("unlock.key")).doesNotExist();
  }

  @Test
  void givenAPassphraseFile_whenInitialisedAndServed_thenOnlyTheRightOneOpens() throws Exception {
    Path right = temporary.resolve("right");
    Path wrong = temporary.resolve("wrong");
    Path brief = temporary.resolve("brief");
    Files.writeString(right, "correct horse battery staple\n");
    Files.writeString(wrong, "incorrect horse battery\n");
    Files.writeString(brief, "short\n");
    assertThat(run("init", "--dir", folder(), "--passphrase-file", brief).exitCode())
        .isEqualTo(Failure.MALFORMED);
    assertThat(run("init", "--dir", folder(), "--passphrase-file", right).exitCode()).isZero();
    Said refused =
        run("serve", "--dir", folder(), "--passphrase-file", wrong, "--listen", "127.0.0.1:0");
    assertThat(refused.exitCode()).isEqualTo(Failure.ENVIRONMENT);
    assertThat(refused.err()).contains("passphrase is wrong").doesNotContain("incorrect horse");
    Said nobody = run("serve", "--dir", folder(), "--listen", "127.0.0.1:0");
    assertThat(nobody.exitCode()).isEqualTo(Failure.ENVIRONMENT);
    assertThat(nobody.err()).contains("--passphrase-file");
  }

  @Test
  void givenHosts_whenAddedListedAndRemoved_thenEachIsSaid() throws Exception {
    init();
    Said added = run("host", "add", baseIdentity("host-a"), "--dir", folder(), "--json");
    assertThat(added.exitCode()).isZero();
    assertThat(added.json().path("added").asBoolean()).isTrue();
    Said again = run("host", "add", baseIdentity("host-a"), "--dir", folder(), "--json");
    assertThat(again.json().path("added").asBoolean()).isFalse();

    Said taken = run("host", "add", otherIdentity("host-a"), "--dir", folder());
    assertThat(taken.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(taken.err()).contains("belongs to another TPM");
    Said twice = run("host", "add", baseIdentity("host-b"), "--dir", folder());
    assertThat(twice.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(twice.err()).contains("registered under the name host-a");

    assertThat(run("host", "remove", "host-a", "--dir", folder()).exitCode())
        .isEqualTo(Failure.ENVIRONMENT);
    assertThat(run("host", "remove", "host-a", "--yes", "--dir", folder()).exitCode()).isZero();
    assertThat(run("host", "remove", "host-a", "--yes", "--dir", folder()).exitCode())
        .isEqualTo(Failure.REFUSED);
    JsonNode hosts = run("host", "list", "--dir", folder(), "--json").json().path("hosts");
    assertThat(hosts.size()).isEqualTo(1);
    assertThat(hosts.get(0).path("state").asString()).isEqualTo("removed");
    assertThat(run("host", "list", "--dir", folder()).out()).contains("host-a").contains("removed");
  }

  @Test
  void givenWhatIsNoIdentityOrLog_whenAdded_thenItIsMalformed() throws Exception {
    init();
    Path junk = temporary.resolve("junk");
    Files.writeString(junk, "junk, and more of it, long enough to be looked at as an event log");
    Said host = run("host", "add", junk, "--dir", folder());
    assertThat(host.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(host.err()).contains("no host identity");
    Said log = run("baseline", "add", junk, "--yes", "--dir", folder());
    assertThat(log.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(log.err()).contains("offset");
    Files.writeString(junk, "{}");
    assertThat(run("baseline", "add", junk, "--yes", "--dir", folder()).exitCode())
        .isEqualTo(Failure.MALFORMED);
    assertThat(run("host", "add", temporary.resolve("none"), "--dir", folder()).exitCode())
        .isEqualTo(Failure.ENVIRONMENT);
  }

  @Test
  void givenAGenuineLog_whenAddedAsBaseline_thenItIsSaidInWordsAndGoesRound() throws Exception {
    Path log = GenuineEvidence.file("bench/eventlog.bin");
    init();
    Said dry = run("baseline", "add", log, "--dry-run", "--dir", folder());
    assertThat(dry.exitCode()).isZero();
    assertThat(dry.out()).contains("Secure Boot: on").contains("Nothing was changed");
    Said unasked = run("baseline", "add", log, "--dir", folder());
    assertThat(unasked.exitCode()).isEqualTo(Failure.ENVIRONMENT);
    assertThat(unasked.err()).contains("--yes");
    assertThat(run("baseline", "list", "--dir", folder(), "--json").json().path("baselines").size())
        .isZero();

    assertThat(run("baseline", "add", log, "--name", "r9", "--yes", "--dir", folder()).exitCode())
        .isZero();
    Path document = temporary.resolve("r9.json");
    Files.writeString(document, run("baseline", "show", "r9", "--dir", folder(), "--json").out());
    Said same = run("baseline", "add", document, "--yes", "--dir", folder(), "--json");
    assertThat(same.exitCode()).isZero();
    assertThat(same.json().path("added").asBoolean()).isFalse();
    Said other =
        run("baseline", "add", log, "--name", "r9", "--level", "keys", "--yes", "--dir", folder());
    assertThat(other.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(other.err()).contains("another baseline r9");
    assertThat(run("baseline", "remove", "r9", "--yes", "--dir", folder()).exitCode()).isZero();
    assertThat(run("baseline", "show", "r9", "--dir", folder()).exitCode())
        .isEqualTo(Failure.REFUSED);
  }

  @Test
  void givenTheRecord_whenListedAndVerified_thenANotedHashIsFoundOrMissed() throws Exception {
    init();
    run("host", "add", baseIdentity("host-a"), "--dir", folder());
    JsonNode records = run("audit", "list", "--dir", folder(), "--json").json().path("records");
    assertThat(records.size()).isEqualTo(2);
    assertThat(records.get(1).path("kind").asString()).isEqualTo("host-added");
    String noted = records.get(0).path("hash").asString();
    Said good = run("audit", "verify", "--noted", noted, "--dir", folder(), "--json");
    assertThat(good.json().path("intact").asBoolean()).isTrue();
    Said missed = run("audit", "verify", "--noted", "00".repeat(32), "--dir", folder());
    assertThat(missed.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(missed.err()).contains("no longer in the record");
  }

  @Test
  void givenAGuardian_whenShown_thenItsDocumentVerifies() throws Exception {
    String id = init().json().path("guardian").asString();
    Path out = temporary.resolve("provider.guardian.json");
    Said shown = run("guardian", "show", "--out", out, "--dir", folder(), "--json");
    assertThat(shown.json().path("id").asString()).isEqualTo(id);
    assertThat(Guardian.parse(Files.readAllBytes(out)).id().text()).isEqualTo(id);
    assertThat(run("guardian", "show", "--out", out, "--dir", folder()).exitCode())
        .isEqualTo(Failure.ENVIRONMENT);
  }

  @Test
  void givenNoService_whenAnythingIsAsked_thenTheWayToOneIsNamed() {
    for (String[] words :
        new String[][] {
          {"serve"},
          {"host", "list"},
          {"baseline", "list"},
          {"guardian", "show"},
          {"audit", "verify"}
        }) {
      List<Object> all = new ArrayList<>(List.of(words));
      all.add("--dir");
      all.add(folder());
      Said said = run(all.toArray());
      assertThat(said.exitCode()).isEqualTo(Failure.ENVIRONMENT);
      assertThat(said.err()).contains("hgs init");
    }
  }

  @Test
  void givenAService_whenServed_thenOneLineSaysReadyAndSigtermEndsIt() throws Exception {
    init();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "org.shieldwall.cli.Main",
                "hgs",
                "serve",
                "--json",
                "--dir",
                folder().toString())
            .redirectError(temporary.resolve("err").toFile())
            .start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      JsonNode ready = JSON.readTree(out.readLine());
      assertThat(ready.path("ready").asBoolean()).isTrue();
      URI url = URI.create(ready.path("url").asString());
      assertThat(url.getPort()).isEqualTo(ready.path("port").asInt());
      try (HgsClient client = HgsClient.of(url, Path.of(ready.path("certificate").asString()))) {
        client.health();
        assertThat(client.guardian().name()).startsWith("HGS ");
      }
      process.destroy();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(Files.readString(temporary.resolve("err")))
          .doesNotContain("Exception")
          .doesNotContain("\tat ");
    } finally {
      process.destroyForcibly();
    }
  }
}
