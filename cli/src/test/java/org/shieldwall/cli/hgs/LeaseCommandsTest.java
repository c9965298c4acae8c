package org.shieldwall.cli.hgs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Main;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.LeaseRegister;
import org.shieldwall.hgs.store.StoredLease;
import org.shieldwall.protector.Digest;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two administrators free the VM of a dead host; one does not, nor does anybody else. */
@Timeout(120)
class LeaseCommandsTest {
  private static final UUID VM = UUID.fromString("6f1c2f0e-53f5-4c11-9d2b-1a2b3c4d5e6f");

  @TempDir private static Path temporary;

  private record Said(int exitCode, String out, String err) {
    JsonNode json() {
      return JsonMapper.builder().build().readTree(out);
    }
  }

  private static Said run(String line) {
    List<String> words = new ArrayList<>(List.of(line.split(" ", -1)));
    if (words.get(0).equals("hgs") && !words.contains("word")) {
      words.addAll(List.of("--dir", temporary.resolve("hgs").toString()));
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), words);
    return new Said(exitCode, out.toString(), err.toString());
  }

  private static Said good(String line) {
    Said said = run(line);
    assertThat(said.exitCode()).as(line + ": " + said.err()).isZero();
    return said;
  }

  private void refused(String line, String why) {
    Said said = run(line);
    assertThat(said.exitCode()).as(line + ": " + said.out()).isEqualTo(Failure.REFUSED);
    assertThat(said.err()).contains(why).contains("hint:").doesNotContain("Exception");
  }

  private static StoredLease lease(long generation, Instant since) {
    return new StoredLease(
        Digest.of(new byte[] {1}).text(),
        VM,
        "rack1-host7",
        "identity",
        "tpm",
        Digest.of(new byte[] {2}).text(),
        1,
        0,
        generation,
        since,
        since.plusSeconds(3600),
        StoredLease.State.HELD,
        5);
  }

  private static void put(StoredLease lease) throws Exception {
    try (Database database = new HgsFolder(temporary.resolve("hgs")).openDatabase()) {
      var _ =
          database.write(writing -> {
            LeaseRegister.put(writing, lease);
            return true;
          });
    }
  }

  private static String administrator(String name) {
    good(
        "owner guardian new --name "
            + name
            + " --key-file "
            + temporary.resolve(name + ".key")
            + " --out "
            + temporary);
    return temporary.resolve(name + ".guardian.json").toString();
  }

  private Path word(String name, String number) throws Exception {
    return wordIn(Files.createTempDirectory(temporary, "words"), name, number);
  }

  private static Path wordIn(Path folder, String name, String number) throws Exception {
    Path shown = folder.resolve(name + number + ".lease.json");
    Files.writeString(shown, good("hgs lease show " + VM + " --json").out());
    Path word = folder.resolve(name + number + ".word.json");
    good(
        "hgs lease word "
            + shown
            + " --key "
            + temporary.resolve(name + ".guardian-key.json")
            + " --key-file "
            + temporary.resolve(name + ".key")
            + " --out "
            + word);
    return word;
  }

  private void breakWith(Path... words) {
    good(breaking(words));
  }

  private static String breaking(Path... words) {
    StringBuilder line = new StringBuilder("hgs lease break " + VM);
    for (Path word : words) {
      line.append(" --word ").append(word);
    }
    return line.toString();
  }

  @BeforeAll
  static void makeServiceAndKeys() {
    good("hgs init");
    List.of("ada", "grace", "mallory").forEach(LeaseCommandsTest::administrator);
  }

  @BeforeEach
  void startVm() throws Exception {
    put(lease(3, Instant.now().truncatedTo(ChronoUnit.SECONDS)));
    for (String name : List.of("ada", "grace")) {
      good("hgs administrator add " + temporary.resolve(name + ".guardian.json"));
    }
  }

  @Test
  void givenALease_whenListedAndShown_thenItSaysWhereTheVmRunsAndUntilWhen() {
    assertThat(good("hgs lease list").out()).contains(VM.toString(), "rack1-host7", "held");
    JsonNode shown = good("hgs lease show " + VM + " --json").json();
    assertThat(shown.path("host").asString()).isEqualTo("rack1-host7");
    assertThat(shown.path("generation").asInt()).isEqualTo(3);
    refused("hgs lease show " + UUID.randomUUID(), "was never started");
  }

  @Test
  void givenTwoAdministrators_whenBothSayThatTheHostIsDead_thenTheLeaseIsBrokenOnRecord()
      throws Exception {
    Path ada = word("ada", "");
    Path grace = word("grace", "");
    breakWith(ada, grace);
    assertThat(good("hgs lease show " + VM).out()).contains("broken");
    assertThat(good("hgs audit list").out()).contains("lease-broken");
    refused(breaking(ada, grace), "over already");
  }

  @Test
  void givenFewerOrOtherWords_whenTheLeaseIsToBeBroken_thenItIsNot() throws Exception {
    Path ada = word("ada", "");
    refused(breaking(ada), "it takes 2");
    refused(breaking(ada, ada), "it takes 2");
    refused(breaking(ada, word("ada", "again")), "it takes 2");
    refused(breaking(ada, word("mallory", "")), "no registered administrator");
    Path grace = word("grace", "");
    String forged =
        Files.readString(grace).replaceFirst("\"signature\":\"....", "\"signature\":\"AAAA");
    Path altered = Files.writeString(temporary.resolve("altered.json"), forged);
    refused(breaking(ada, altered), "does not hold");
    good("hgs administrator remove grace --yes");
    refused(breaking(ada, grace), "no registered administrator");
    assertThat(good("hgs lease show " + VM).out()).contains("held");
  }

  @Test
  void givenWordsAboutAnEarlierLease_whenTheVmHasStartedAgain_thenTheyAreAboutAnother()
      throws Exception {
    Path ada = word("ada", "");
    Path grace = word("grace", "");
    put(lease(4, Instant.now().truncatedTo(ChronoUnit.SECONDS)));
    refused(breaking(ada, grace), "about another lease");
  }

  @Test
  void givenAdministrators_whenListedAndRemoved_thenTheirNamesAreFree() {
    assertThat(good("hgs administrator list").out()).contains("ada", "grace");
    refused("hgs administrator remove nobody --yes", "no administrator nobody");
    assertThat(good("hgs administrator add " + temporary.resolve("ada.guardian.json")).out())
        .contains("registered already");
    assertThat(Optional.of(good("hgs administrator list --json").json().path("administrators")))
        .hasValueSatisfying(array -> assertThat(array).hasSize(2));
  }
}
