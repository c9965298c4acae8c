package org.shieldwall.cli.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.GenuineEvidence;
import org.shieldwall.cli.Main;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.TpmKey;
import org.shieldwall.tpm.TpmPublic;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Makers' published certificates and a TPM that one of them made. */
class TrustCommandTest {
  private static final Path VECTORS = GenuineEvidence.FOLDER.resolve("ek-certs");

  @TempDir private Path temporary;

  private record Said(int exitCode, String out, String err) {
    JsonNode json() {
      return JsonMapper.builder().build().readTree(out);
    }
  }

  private Said run(Object... words) {
    List<String> arguments = new ArrayList<>(List.of("hgs"));
    for (Object word : words) {
      arguments.add(word.toString());
    }
    arguments.addAll(List.of("--dir", temporary.resolve("hgs").toString()));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Said(exitCode, out.toString(), err.toString());
  }

  @BeforeEach
  void init() {
    assumeTrue(Files.isDirectory(VECTORS), "skipped: no genuine evidence at " + VECTORS);
    assertThat(run("init", "--listen", "127.0.0.1:0").exitCode()).isZero();
  }

  private static UntrustedCertificate genuine() throws Exception {
    return CertificateFile.parse(
            Files.readAllBytes(VECTORS.resolve("leafs/keylime-st_ecdsa_sha256.der")))
        .getFirst();
  }

  private static Bytes coordinate(BigInteger value) {
    return Bytes.ofHex("%064x".formatted(value));
  }

  /** The identity of a host with STMicroelectronics' TPM, as the host would write it. */
  private Path identity(boolean certified) throws Exception {
    ECPublicKey key = (ECPublicKey) genuine().key().key().orElseThrow();
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
                coordinate(key.getW().getAffineX()),
                coordinate(key.getW().getAffineY())));
    Path file = temporary.resolve("rack.identity.json");
    Optional<Bytes> certificate = certified ? Optional.of(genuine().encoded()) : Optional.empty();
    Files.write(file, new HostIdentity("rack", ek.sized(), certificate, "STM").toBytes());
    return file;
  }

  @Test
  void givenAFolderOfMakers_whenAdded_thenRootsAreTrustedAndOthersStandBetween() throws Exception {
    Path store = VECTORS.resolve("keylime-store");
    Said dry = run("trust", "add", store, "--dry-run");
    assertThat(dry.out()).contains("trusted", "between", "STM TPM EK Root CA", "--dry-run");
    assertThat(run("trust", "list").out()).contains("No TPM maker is trusted");
    assertThat(run("trust", "add", store).exitCode()).isEqualTo(Failure.ENVIRONMENT);

    JsonNode added = run("trust", "add", store, "--yes", "--json").json();
    // Some are in the folder under two names.
    assertThat(added.path("added").asInt()).isBetween(40, added.path("read").asInt());
    assertThat(run("trust", "add", store, "--yes", "--json").json().path("added").asInt()).isZero();
    JsonNode listed = run("trust", "list", "--json").json().path("certificates");
    for (JsonNode each : listed) {
      boolean root = each.path("subject").asString().equals(each.path("issuer").asString());
      assertThat(each.path("role").asString()).isEqualTo(root ? "anchor" : "intermediate");
    }
    // Nationz' root is not in the folder: its manufacturing CA leads nowhere, and says so.
    assertThat(run("trust", "list").out())
        .contains("leads to no trusted one: no certificate of the issuer")
        .contains("Nationz TPM Root CA");
  }

  @Test
  void givenAGenuineTpm_whenItsHostIsAdded_thenTheMakerIsShownOrWhatIsMissing() throws Exception {
    Said unknown = run("host", "add", identity(true));
    assertThat(unknown.exitCode()).isZero();
    assertThat(unknown.out())
        .contains("manufacturer STM", "untrusted", "STM TPM ECC Intermediate CA 01");

    run("trust", "add", VECTORS.resolve("keylime-store/IFX_RSA_RT.pem"), "--trust-each", "--yes");
    Said missing = run("host", "show", "rack");
    assertThat(missing.out())
        .contains("untrusted")
        .contains("http://secure.globalsign.com/stmtpmeccint01.crt (nobody fetched it)")
        .contains("mend: shieldwall hgs trust add");

    run("trust", "add", VECTORS.resolve("keylime-store"), "--trust-each", "--yes");
    JsonNode tpm = run("host", "show", "rack", "--json").json().path("tpm");
    assertThat(tpm.path("certificate").asString()).isEqualTo("trusted");
    assertThat(tpm.path("manufacturer").asString()).isEqualTo("STM");
    assertThat(tpm.path("model").asString()).isNotEmpty();
    assertThat(tpm.path("version").asString()).startsWith("id:");
    assertThat(tpm.path("maker").asString()).contains("STM TPM ECC Intermediate CA 01");
    assertThat(run("host", "list").out()).contains("STM ");
  }

  @Test
  void givenACertificateIsAskedFor_whenHostsAreAdded_thenOnlyATrustedOneOrPurposeWillDo()
      throws Exception {
    assertThat(run("trust", "require").out()).contains("the key that you registered counts");
    assertThat(run("trust", "require", "nonsense", "--yes").exitCode())
        .isEqualTo(Failure.MALFORMED);
    assertThat(run("trust", "require", "certificate").exitCode()).isEqualTo(Failure.ENVIRONMENT);
    run("host", "add", identity(true));
    JsonNode required = run("trust", "require", "certificate", "--yes", "--json").json();
    assertThat(required.path("requires").asString()).isEqualTo("certificate");
    assertThat(required.path("refused").get(0).path("host").asString()).isEqualTo("rack");

    Said refused = run("host", "add", identity(true));
    assertThat(refused.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(refused.err()).contains("no trusted TPM maker certifies", "--key-alone");
    run("trust", "add", VECTORS.resolve("keylime-store"), "--trust-each", "--yes");
    assertThat(run("host", "add", identity(true)).exitCode()).isZero();
    assertThat(run("trust", "require", "--json").json().path("refused").size()).isZero();

    String issuer =
        CertificateFile.parse(Files.readAllBytes(VECTORS.resolve("keylime-store/STM_ECC_01I.pem")))
            .getFirst()
            .sha256()
            .hex();
    Said removed = run("trust", "remove", issuer.substring(0, 12), "--yes");
    assertThat(removed.exitCode()).isZero();
    assertThat(removed.out()).contains("Not trusted any more", "rack");
    Said alone = run("host", "add", identity(true), "--key-alone");
    assertThat(alone.out()).contains("by its key alone, on purpose");
    assertThat(run("trust", "require", "--json").json().path("refused").size()).isZero();
    assertThat(run("audit", "list").out())
        .contains("trust-requirement-changed", "trust-removed", "host-endorsement-changed");
  }

  @Test
  void givenACertificateInAFile_whenTheHostIsAddedWithIt_thenItCounts() throws Exception {
    run("trust", "add", VECTORS.resolve("keylime-store"), "--trust-each", "--yes");
    Path file = temporary.resolve("ek.pem");
    String pem =
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(genuine().encoded().toArray())
            + "\n-----END CERTIFICATE-----\n";
    Files.writeString(file, pem);
    assertThat(run("host", "add", identity(false)).out()).contains("none: its key counts");
    Said added = run("host", "add", identity(false), "--certificate", file);
    assertThat(added.exitCode()).as(added.err()).isZero();
    assertThat(added.out()).contains("what is known of its TPM is new", "trusted");
    Said other =
        run(
            "host",
            "add",
            identity(false),
            "--certificate",
            VECTORS.resolve("leafs/keylime-st_sha256_with_rsa.der"));
    assertThat(other.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(other.err()).contains("for another key");
  }

  @Test
  void givenWhatIsNoMakersCertificate_whenAdded_thenNothingIsAdded() throws Exception {
    Said leaf = run("trust", "add", VECTORS.resolve("leafs/keylime-st_ecdsa_sha256.der"), "--yes");
    assertThat(leaf.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(leaf.err()).contains("no TPM maker's", "--certificate");
    Path folder = Files.createDirectories(temporary.resolve("mixed/inner"));
    Files.copy(VECTORS.resolve("keylime-store/STM_RSA_RT.pem"), folder.resolve("a.pem"));
    Files.writeString(folder.resolve("b.crt"), HexFormat.of().formatHex(new byte[40]));
    Said junk = run("trust", "add", temporary.resolve("mixed"), "--yes");
    assertThat(junk.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(junk.err()).contains("b.crt").contains("offset");
    assertThat(run("trust", "list", "--json").json().path("certificates").size()).isZero();
    assertThat(run("trust", "remove", "xyz", "--yes").exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(run("trust", "remove", "00".repeat(32), "--yes").exitCode())
        .isEqualTo(Failure.REFUSED);
    assertThat(run("host", "show", "nobody").exitCode()).isEqualTo(Failure.REFUSED);
  }
}
