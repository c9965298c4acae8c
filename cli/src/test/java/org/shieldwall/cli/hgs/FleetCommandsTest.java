package org.shieldwall.cli.hgs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Main;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.TpmKey;
import org.shieldwall.tpm.TpmPublic;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the administrator of a fleet types, and what comes of it. */
@Timeout(120)
class FleetCommandsTest {
  @TempDir private Path temporary;

  private record Said(int exitCode, String out, String err) {
    JsonNode json() {
      return JsonMapper.builder().build().readTree(out);
    }
  }

  private Said run(String line) {
    List<String> words = new ArrayList<>(List.of("hgs"));
    for (String word : line.split(" ", -1)) {
      words.add(word.replace('_', ' '));
    }
    words.addAll(List.of("--dir", temporary.resolve("hgs").toString()));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), words);
    return new Said(exitCode, out.toString(), err.toString());
  }

  private Said good(String line) {
    Said said = run(line);
    assertThat(said.exitCode()).as(line + ": " + said.err()).isZero();
    return said;
  }

  private Said bad(String line, int exitCode) {
    Said said = run(line);
    assertThat(said.exitCode()).as(line + ": " + said.out()).isEqualTo(exitCode);
    assertThat(said.err()).contains("error: ").doesNotContain("Exception");
    return said;
  }

  private Path write(String name, String text) throws Exception {
    return Files.writeString(temporary.resolve(name), text);
  }

  private static Bytes coordinate(BigInteger value) {
    return Bytes.ofHex("%064x".formatted(value));
  }

  @BeforeEach
  void register() throws Exception {
    good("init --listen 127.0.0.1:0");
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    ECPublicKey key = (ECPublicKey) generator.generateKeyPair().getPublic();
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
    Path identity = temporary.resolve("host-a.json");
    Files.write(
        identity, new HostIdentity("host-a", ek.sized(), Optional.empty(), "test").toBytes());
    good("host add " + identity);
  }

  @Test
  void givenAPolicy_whenStagedTriedActivatedAndAssigned_thenEachSaysWhatCameOfIt()
      throws Exception {
    assertThat(good("policy list").out()).contains("default").contains("built in");
    assertThat(good("policy show default").out())
        .contains("always  quote")
        .contains("on      secure-boot")
        .contains("off     iommu");
    Path file = write("compute.toml", "name = \"compute\"\nversion = 1\n");
    assertThat(good("policy add " + file + " --dry-run").out()).contains("Nothing was changed");
    assertThat(good("policy add " + file + " --stage --json").json().path("staged").asBoolean())
        .isTrue();
    bad("policy assign compute --label rack7", Failure.REFUSED);
    assertThat(good("policy try compute").out()).contains("have not attested: host-a");
    good("policy activate compute");
    good("policy assign compute --label rack7");
    good("host label host-a rack7 production");
    JsonNode host = good("host list --json").json().path("hosts").get(0);
    assertThat(host.path("policy").asString()).isEqualTo("compute");
    assertThat(host.path("standing").asString()).isEqualTo("never attested");
    assertThat(good("policy list").out()).contains("labels: rack7");

    assertThat(good("policy add " + file).out()).contains("already in force");
    write("compute.toml", "name = \"compute\"\nversion = 1\n# another\n");
    assertThat(bad("policy add " + file, Failure.REFUSED).err()).contains("version = 2");
    write("compute.toml", "name = \"compute\"\nversion = 2\n[checks.iomu]\nenabled = true\n");
    assertThat(bad("policy add " + file, Failure.MALFORMED).err())
        .contains("line 3, column 1")
        .contains("iommu");
    assertThat(bad("policy remove compute --yes", Failure.REFUSED).err())
        .contains("assigned to rack7");
    good("policy assign default --label rack7");
    assertThat(good("policy remove compute --dry-run").out()).contains("would lose version 1");
    good("policy remove compute --yes");
    assertThat(bad("policy remove default --yes", Failure.REFUSED).err()).contains("built in");
    bad("policy show compute", Failure.REFUSED);
  }

  @Test
  void givenAHost_whenExceptedQuarantinedAndRevoked_thenEachIsSaidAndRecorded() {
    bad("host except host-a quote --expires 14d --why none", Failure.REFUSED);
    bad("host except host-a iommu --expires 14 --why none", Failure.MALFORMED);
    bad("host except host-a iommu --expires 400d --why none", Failure.REFUSED);
    bad("host except nobody iommu --expires 14d --why none", Failure.REFUSED);
    good("host except host-a iommu --expires 14d --why waits_for_firmware");
    assertThat(good("host exceptions").out()).contains("waits for firmware");
    good("host unexcept host-a iommu");
    bad("host unexcept host-a iommu", Failure.REFUSED);

    assertThat(good("host quarantine host-a --dry-run").out()).contains("Nothing was changed");
    good("host quarantine host-a --why an_alarm");
    assertThat(good("host list").out()).contains("quarantined");
    good("host restore host-a");
    assertThat(good("host revoke host-a --dry-run").out()).contains("would be revoked");
    good("host revoke host-a --yes");
    bad("host restore host-a", Failure.REFUSED);
    good("host add " + temporary.resolve("host-a.json"));
    assertThat(good("host remove host-a --dry-run").out()).contains("would be removed");
    good("host remove host-a --yes");
    bad("host quarantine host-a", Failure.REFUSED);
    assertThat(good("audit list").out())
        .contains("SW1107")
        .contains("SW1108")
        .contains("SW1103")
        .contains("SW1104")
        .contains("SW1105")
        .contains("SW1102");
  }

  @Test
  void givenAHostThatNeverAttested_whenTracedOrApproved_thenItIsSaidWhatToDo() {
    assertThat(bad("trace host-a", Failure.REFUSED).err()).contains("shieldwall host attest");
    assertThat(bad("trace nobody", Failure.REFUSED).err()).contains("shieldwall hgs host list");
    assertThat(bad("pending approve host-a --yes", Failure.REFUSED).err()).contains("waits");
    assertThat(good("pending list").out()).contains("No boot waits");
    bad("baseline expire none --expires 1d", Failure.REFUSED);
    bad("baseline diff none other", Failure.REFUSED);
    bad("baseline remove none --dry-run", Failure.REFUSED);
  }

  @Test
  void givenAHost_whenShown_thenItsStandingPolicyAndExceptionsAreThere() {
    good("host label host-a rack7");
    good("host except host-a iommu --expires 14d --why waits_for_firmware");
    assertThat(good("host show host-a").out())
        .contains("stands           never attested", "policy           default")
        .contains("labels           rack7", "need not pass    iommu until", "waits for firmware");
    good("trust require certificate --yes");
    JsonNode shown = good("host show host-a --json").json();
    assertThat(shown.path("standing").asString()).isEqualTo("barred");
    assertThat(shown.path("barred").asString()).isEqualTo("ek-certificate-missing");
    assertThat(shown.at("/exceptions/0/check").asString()).isEqualTo("iommu");
    assertThat(good("host list --unhealthy").out()).contains("barred", "(ek-certificate-missing)");
    good("trust require key --yes");
    good("mode disable tpm --yes");
    assertThat(good("host list").out()).contains("barred", "(mode tpm is off)");
  }
}
