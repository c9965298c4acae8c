package org.shieldwall.lab.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.cli.demo.GuardedHost;
import org.shieldwall.cli.demo.LifeSteps;
import org.shieldwall.cli.demo.PlayedMachine;
import org.shieldwall.cli.demo.TemplateBuild;
import org.shieldwall.cli.demo.Trees;

/**
 * What an administrator of two hosts types to save a VM, to copy it and to move it while it runs,
 * on a real service with real guests.
 */
@Tag("boot")
@Timeout(900)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StateStoryTest {
  private Path work = Path.of("");
  private Stage stage;
  private PlayedMachine machine;
  private GuardedHost other;

  @BeforeAll
  void twoHostsThatShareTheirVms() throws Exception {
    assumeThat(System.getProperty("user.name")).as("SKIPPED: needs root").isEqualTo("root");
    for (String tool : List.of("qemu-system-x86_64", "swtpm", "bwrap", "passt", "sbsign")) {
      assumeThat(
              List.of("/usr/bin", "/usr/sbin").stream()
                  .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool))))
          .as("SKIPPED: %s is not installed; ./verify names the package", tool)
          .isTrue();
    }
    Path template =
        TemplateBuild.ensure(
            Path.of(System.getProperty("shieldwall.root", "..")).toAbsolutePath().normalize());
    work = Files.createTempDirectory(Path.of("/var/tmp"), "shieldwall-state-");
    Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
    stage = Stage.at(work, template);
    machine = new PlayedMachine(work.resolve("machine-b"));
    other = new GuardedHost(work.resolve("host-b"));
    machine.boot(stage.demo().bootLog);
    new LifeSteps(stage.demo())
        .register(other, "host-b", machine.tpmPlace(), machine.eventLogPath());
    Path settings = other.directory().resolve("host.toml");
    Files.writeString(
        settings, "migration = \"127.0.0.1:" + freePort() + "\"\n" + Files.readString(settings));
    Files.createSymbolicLink(other.store(), stage.host().store());
    other.start();
    other.run("host", "attest").orFail();
    stage.startVm();
    assertThat(secret()).isEqualTo(stage.demo().secret);
  }

  @AfterAll
  void end() throws Exception {
    if (other != null) {
      other.close();
    }
    if (machine != null) {
      machine.close();
    }
    if (stage != null) {
      stage.close();
    }
    if (!work.toString().isEmpty()) {
      Trees.delete(work);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private String secret() throws Exception {
    return secret(stage.demo().webPort);
  }

  private static String secret(int port) throws Exception {
    HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    HttpRequest page =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/secret"))
            .timeout(Duration.ofSeconds(5))
            .build();
    long deadline = System.nanoTime() + Duration.ofMinutes(3).toNanos();
    while (System.nanoTime() < deadline) {
      try {
        HttpResponse<String> answer =
            http.send(page, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (answer.statusCode() == 200) {
          return answer.body();
        }
      } catch (IOException notYet) {
        java.util.concurrent.locks.LockSupport.parkNanos(200_000_000);
      }
    }
    throw new AssertionError("the guest does not answer");
  }

  private static String state(GuardedHost host) {
    return host.run("vm", "show", "web").output().path("state").asString("");
  }

  private static void awaitStopped(GuardedHost host) {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (!state(host).equals("stopped")) {
      assertThat(System.nanoTime()).as("it is %s", state(host)).isLessThan(deadline);
      java.util.concurrent.locks.LockSupport.parkNanos(200_000_000);
    }
  }

  @Test
  @Order(1)
  void givenARunningVm_whenSavedAndRestored_thenItGoesOnOnceAndItsFileShowsNothing()
      throws Exception {
    stage.host().run("vm", "save", "web").orFail();
    assertThat(state(stage.host())).isEqualTo("saved");
    Path memory = stage.vm().resolve("state/memory");
    Search search = new Search(stage.canaries().of(stage.vm()));
    try (var in = Files.newInputStream(memory)) {
      search.stream(in, "saved memory");
    }
    assertThat(search.found()).isEmpty();
    Path kept = work.resolve("kept-memory");
    Files.copy(memory, kept);
    Command.Result restored = stage.host().run("vm", "restore", "web");
    assertThat(restored.orFail().output().path("resumed").asBoolean()).isTrue();
    assertThat(secret()).isEqualTo(stage.demo().secret);
    assertThat(memory).doesNotExist();
    // The same memory a second time: there is no key for it any more.
    stage.host().run("vm", "stop", "web", "--force").orFail();
    Files.copy(kept, memory);
    assertThat(Stage.codes(stage.host().run("vm", "restore", "web"))).contains("not-saved");
  }

  @Test
  @Order(2)
  void givenABackup_whenTheVmHasRunSince_thenItIsAnOldCopy() throws Exception {
    Path backups = work.resolve("backups");
    stage.startVm();
    assertThat(Stage.codes(stage.host().run("vm", "backup", "web", backups)))
        .contains("vm-running");
    stage.stopVm();
    stage.host().run("vm", "backup", "web", backups).orFail();
    stage.startVm();
    stage.stopVm();
    stage.host().run("vm", "import", backups, "--name", "old").orFail();
    assertThat(Stage.codes(stage.host().run("vm", "start", "old")))
        .contains("generation-superseded");
    stage.host().run("vm", "delete", "old", "--yes").orFail();
    long added =
        stage.host().run("vm", "backup", "web", backups).orFail().output().path("added").asLong();
    assertThat(added).as("a second backup adds what has changed").isBetween(1L, 40L << 20);
  }

  @Test
  @Order(3)
  void givenTwoHosts_whenTheVmIsMovedWhileItRuns_thenItRunsThereAndOnlyThere() throws Exception {
    stage.startVm();
    assertThat(secret()).isEqualTo(stage.demo().secret);
    String to = address();
    int port = forwardElsewhere();
    var moved = stage.host().run("vm", "migrate", "web", to).orFail().output();
    assertThat(moved.path("running").asBoolean()).isTrue();
    assertThat(state(other)).isEqualTo("running");
    awaitStopped(stage.host()); // its copy is ended a moment after it was handed over
    assertThat(secret(port)).isEqualTo(stage.demo().secret);
    assertThat(Stage.codes(stage.host().run("vm", "start", "web"))).contains("vm-runs-elsewhere");
    other.run("vm", "stop", "web", "--force").orFail();
    stage.startVm();
    assertThat(secret(port)).isEqualTo(stage.demo().secret);
  }

  private String address() throws IOException {
    return Files.readAllLines(other.directory().resolve("host.toml"))
        .getFirst()
        .replaceAll(".*\"(.*)\"", "$1");
  }

  /** Both hosts are this machine: the forwarded port of the one is not free for the other. */
  private int forwardElsewhere() throws IOException {
    int port = freePort();
    Path definition = stage.vm().resolve("vm.json");
    String text = Files.readString(definition);
    String changed =
        text.replace("127.0.0.1:" + stage.demo().webPort + ":", "127.0.0.1:" + port + ":");
    assertThat(changed).isNotEqualTo(text);
    Files.writeString(definition, changed);
    return port;
  }

  @Test
  @Order(4)
  void givenAHostThatIsNotHealthy_whenAVmIsMovedThere_thenItStaysWhereItIs() throws Exception {
    assertThat(Stage.codes(stage.host().run("vm", "migrate", "web", "127.0.0.1:1")))
        .contains("host-unreachable");
    Command.run("hgs", "host", "quarantine", "host-b", "--dir", stage.demo().hgs, "--why", "test")
        .orFail();
    assertThat(stage.host().run("vm", "migrate", "web", address()).exitCode()).isNotZero();
    assertThat(state(stage.host())).isEqualTo("running");
    assertThat(state(other)).isNotEqualTo("running");
  }
}
