package org.shieldwall.cli.owner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Main;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.gpt.PartitionType;
import org.shieldwall.disk.gpt.PlannedPartition;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an owner types, as an owner types it. */
class OwnerCommandTest {
  private static final String SECRET = "the-owners-secret-0123456789";

  @TempDir Path folder;
  private Path passphrase;
  private Path key;

  private record Ran(int exitCode, String out, String err) {
    JsonNode json() {
      return JsonMapper.builder().build().readTree(out);
    }
  }

  private static Ran run(Object... words) {
    List<String> line = new ArrayList<>();
    for (Object word : words) {
      line.add(word.toString());
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), line);
    return new Ran(exitCode, out.toString(), err.toString());
  }

  @BeforeEach
  void passphraseFile() throws Exception {
    key = folder.resolve("key");
    passphrase = Files.writeString(folder.resolve("pass"), "correct horse battery staple\n");
  }

  private Path guardian(String name) {
    Ran made = run("owner", "guardian", "new", "--name", name, "--key-file", key, "--out", folder);
    assertThat(made.exitCode()).as(made.err()).isZero();
    return folder.resolve(name + ".guardian-key.json");
  }

  private Path template() throws Exception {
    Path image = folder.resolve("template.img");
    byte[] noise = new byte[6 << 20];
    new Random(7).nextBytes(noise);
    Files.write(image, noise);
    PartitionTable table =
        PartitionTable.plan(
            new UUID(1, 2),
            noise.length,
            List.of(
                new PlannedPartition(1, PartitionType.EFI_SYSTEM, new UUID(3, 4), 1 << 20, "esp"),
                new PlannedPartition(
                    2, PartitionType.ROOT_X86_64, new UUID(5, 6), 2 << 20, "root")));
    try (FileChannel channel = FileChannel.open(image, StandardOpenOption.WRITE)) {
      table.write(channel);
    }
    return image;
  }

  private Path certificate() throws Exception {
    Path certificate = folder.resolve("db.pem");
    assumeThat(Files.isExecutable(Path.of("/usr/bin/openssl"))).as("package openssl").isTrue();
    Process openssl =
        new ProcessBuilder(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                "/dev/null",
                "-subj",
                "/CN=db",
                "-days",
                "30",
                "-out",
                certificate.toString())
            .redirectErrorStream(true)
            .start();
    openssl.getInputStream().readAllBytes();
    assertThat(openssl.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return certificate;
  }

  private Path catalog(Path image) throws Exception {
    Path signer = guardian("signer");
    Path catalog = folder.resolve("catalog.json");
    Ran signed =
        run(
            "owner",
            "template",
            "sign",
            image,
            "--name",
            "web",
            "--version",
            "1.2.3",
            "--secure-boot-certificate",
            certificate(),
            "--signer",
            signer,
            "--key-file",
            key,
            "--out",
            catalog);
    assertThat(signed.exitCode()).as(signed.err()).isZero();
    return catalog;
  }

  @Test
  void aNewGuardianIsPrivateToItsOwnerAndShownByItsId() throws Exception {
    Path sealed = guardian("tenant");

    Ran shown = run("owner", "guardian", "show", folder.resolve("tenant.guardian.json"), "--json");

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(sealed)))
        .isEqualTo("rw-------");
    assertThat(shown.json().path("id").asString()).hasSize(43);
    assertThat(Files.readString(sealed)).doesNotContain("\"d\"").contains("\"key-file\"");
  }

  @Test
  void aGuardianIsNeverOverwritten() {
    guardian("tenant");

    Ran again =
        run("owner", "guardian", "new", "--name", "tenant", "--key-file", key, "--out", folder);

    assertThat(again.exitCode()).isEqualTo(Failure.ENVIRONMENT);
    assertThat(again.err()).contains("there is a guardian \"tenant\"");
  }

  @Test
  void aShortPassphraseIsRefused() throws Exception {
    Files.writeString(passphrase, "short\n");

    Ran refused =
        run(
            "owner",
            "guardian",
            "new",
            "--name",
            "tenant",
            "--passphrase-file",
            passphrase,
            "--out",
            folder);

    assertThat(refused.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(refused.err()).contains("at least 12 bytes").doesNotContain("short");
    assertThat(folder.resolve("tenant.guardian-key.json")).doesNotExist();
  }

  @Test
  void aSwappedGuardianDocumentIsFoundByTheIdThatWasToldByItsHolder() {
    guardian("provider");
    guardian("impostor");
    String told =
        run("owner", "guardian", "show", folder.resolve("provider.guardian.json"), "--json")
            .json()
            .path("id")
            .asString();

    Ran swapped =
        run(
            "owner",
            "guardian",
            "import",
            folder.resolve("impostor.guardian.json"),
            "--id",
            told,
            "--out",
            folder);
    Ran genuine =
        run(
            "owner",
            "guardian",
            "import",
            folder.resolve("provider.guardian.json"),
            "--id",
            told,
            "--out",
            folder,
            "--json");

    assertThat(swapped.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(swapped.err()).contains("not the one you were told");
    assertThat(folder.resolve("impostor.imported.guardian.json")).doesNotExist();
    assertThat(genuine.exitCode()).isZero();
    assertThat(folder.resolve("provider.imported.guardian.json")).exists();
  }

  @Test
  void oneChangedByteOfATemplateIsNamedByItsBlock() throws Exception {
    Path image = template();
    Path catalog = catalog(image);
    assertThat(run("owner", "template", "check", image, "--catalog", catalog).exitCode()).isZero();

    byte[] bytes = Files.readAllBytes(image);
    int inTheRoot = (3 << 20) + 5;
    bytes[inTheRoot] ^= 1;
    Files.write(image, bytes);
    Ran checked = run("owner", "template", "check", image, "--catalog", catalog);

    assertThat(checked.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(checked.err()).contains("template-block-differs", "partition 2, block 1");
  }

  @Test
  void aTemplateThatNoHostWouldMakeAVmOfIsNotSigned() throws Exception {
    Path certificate = certificate();
    Path catalog = folder.resolve("c");

    Ran signed =
        run(
            "owner",
            "template",
            "sign",
            template(),
            "--name",
            "web",
            "--version",
            "1",
            "--secure-boot-certificate",
            certificate,
            "--secure-boot-certificate",
            certificate,
            "--signer",
            guardian("signer"),
            "--key-file",
            key,
            "--out",
            catalog);

    assertThat(signed.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(signed.err()).contains("2 Secure Boot certificates", "hint:  give --secure-boot-");
    assertThat(catalog).doesNotExist();
  }

  @Test
  void anImageWithoutPartitionsIsMalformed() throws Exception {
    Path image = Files.write(folder.resolve("no.img"), new byte[1 << 20]);

    Ran signed =
        run(
            "owner",
            "template",
            "sign",
            image,
            "--name",
            "web",
            "--version",
            "1",
            "--secure-boot-certificate",
            certificate(),
            "--signer",
            guardian("signer"),
            "--key-file",
            key,
            "--out",
            folder.resolve("c"));

    assertThat(signed.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(signed.err()).contains("offset").doesNotContain("Exception");
  }

  @Test
  void shieldingDataShowTheirPolicyAndHideTheirSecret() throws Exception {
    Path data = data("--require-host", "rack1", "--expires", "2030-01-31");

    Ran shown = run("owner", "data", "show", data);
    JsonNode policy = run("owner", "data", "show", data, "--json").json().path("policy");

    assertThat(shown.out()).contains("at-least 1.2.3", "rack1", "2030-02-01T00:00:00Z");
    assertThat(policy.path("minimumAssurance").asString()).isEqualTo("tpm");
    assertThat(Files.readString(data, StandardCharsets.UTF_8)).doesNotContain(SECRET);
    assertThat(shown.out() + policy).doesNotContain(SECRET);
  }

  private Path data(String... more) throws Exception {
    Path catalog = catalog(template());
    Path owner = guardian("tenant");
    guardian("provider");
    Path secret = Files.writeString(folder.resolve("user-data"), "#!/bin/sh\n# " + SECRET + "\n");
    Path data = folder.resolve("web.shielding.json");
    List<Object> line =
        new ArrayList<>(
            List.of(
                "owner",
                "data",
                "new",
                "--owner",
                owner,
                "--key-file",
                key,
                "--guardian",
                folder.resolve("provider.guardian.json"),
                "--catalog",
                catalog,
                "--file",
                "user-data=" + secret,
                "--out",
                data));
    line.addAll(List.of(more));
    Ran made = run(line.toArray());
    assertThat(made.exitCode()).as(made.err()).isZero();
    return data;
  }

  @Test
  void aWeakenedPolicyIsNoLongerTheOwners() throws Exception {
    Path data = data();
    String text = Files.readString(data);
    JsonNode grant = JsonMapper.builder().build().readTree(text).at("/protector/grant/payload");
    String payload =
        new String(Base64.getUrlDecoder().decode(grant.asString()), StandardCharsets.UTF_8);
    String weaker =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                payload.replace("\"tpm\"", "\"directory\"").getBytes(StandardCharsets.UTF_8));
    assertThat(weaker).isNotEqualTo(grant.asString());
    Files.writeString(data, text.replace(grant.asString(), weaker));

    Ran shown = run("owner", "data", "show", data);

    assertThat(shown.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(shown.err()).contains("foreign-signature");
  }

  @Test
  void aWrongPassphraseMakesNothing() throws Exception {
    Ran made =
        run(
            "owner",
            "guardian",
            "new",
            "--name",
            "tenant",
            "--passphrase-file",
            passphrase,
            "--out",
            folder);
    assertThat(made.exitCode()).as(made.err()).isZero();
    Path owner = folder.resolve("tenant.guardian-key.json");
    Path catalog = catalog(template());
    Path wrong = Files.writeString(folder.resolve("wrong"), "something else entirely\n");

    Ran refused =
        run(
            "owner",
            "data",
            "new",
            "--owner",
            owner,
            "--passphrase-file",
            wrong,
            "--guardian",
            folder.resolve("signer.guardian.json"),
            "--catalog",
            catalog,
            "--file",
            "user-data=" + passphrase,
            "--out",
            folder.resolve("d"));

    assertThat(refused.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(refused.err()).contains("wrong-passphrase").doesNotContain("something else");
    assertThat(folder.resolve("d")).doesNotExist();
  }
}
