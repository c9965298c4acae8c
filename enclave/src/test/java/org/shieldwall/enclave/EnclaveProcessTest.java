package org.shieldwall.enclave;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.launch.EnclaveLaunch.NotStartedException;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.AnswerCodec;
import org.shieldwall.enclave.message.Frames;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.KeySet;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;

@Timeout(90)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EnclaveProcessTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  // As Linux shows them: fifteen characters.
  private static final Set<String> RUNTIMES =
      Set.of(
          "launcher",
          "spawner",
          "VM Thread",
          "VM Periodic Tas",
          "Signal Dispatch",
          "Service Thread",
          "Monitor Deflati",
          "Notification Th",
          "Reference Handl",
          "Finalizer",
          "Common-Cleaner",
          "C1 CompilerThre",
          "C2 CompilerThre");

  @TempDir static Path folder;
  private TestHost host;

  @BeforeAll
  void start() throws Exception {
    host = new TestHost(folder);
  }

  @AfterAll
  void end() {
    if (host != null) {
      host.close();
    }
  }

  private Answer.EnclaveKeys keys() throws IOException {
    return (Answer.EnclaveKeys) host.client().ask(new Request.Keys());
  }

  @Test
  void givenAnEnclaveWhenPcr15IsReadThenItIsOneExtensionByTheKeysId() throws Exception {
    KeySet keys = KeySet.fromJson(Json.of(keys().keys(), "keys"));
    assertThat(keys.id().text()).isEqualTo(keys().id());
    try (Tpm tpm = host.tpm().connect()) {
      Bytes value =
          tpm.pcrs()
              .read(PcrSelection.of(TpmHash.SHA256, BootBinding.PCR))
              .value(TpmHash.SHA256, BootBinding.PCR)
              .orElseThrow();
      assertThat(value)
          .isEqualTo(TpmHash.SHA256.extend(Bytes.zeros(32), Bytes.of(keys.id().bytes())));
    }
  }

  @Test
  void givenAnEnclaveThenItIsConfinedAsTheMachineAllowsAndSaysSo() throws Exception {
    Answer.Confinement confinement = keys().confinement();
    assertThat(confinement.ownNetwork()).isTrue();
    if (ThisProcess.uid() == 0) {
      assertThat(confinement.ownUser()).isTrue();
      assertThat(confinement.memoryLocked()).isTrue();
      assertThat(confinement.uid()).isNotZero();
    }
    Path process = Path.of("/proc/" + host.enclave().pid());
    List<String> status = Files.readAllLines(process.resolve("status"));
    assertThat(status).anyMatch(line -> line.matches("NoNewPrivs:\\s+1"));
    assertThat(status).anyMatch(line -> line.matches("Seccomp:\\s+2"));
    assertThat(status).anyMatch(line -> line.matches("CoreDumping:\\s+0"));
    assertThat(Files.readAllLines(process.resolve("limits")))
        .anyMatch(line -> line.matches("Max core file size\\s+1\\s+1\\s+bytes\\s*"));
    assertThat(Files.getAttribute(process.resolve("mem"), "unix:uid"))
        .as("not dumpable: its memory's file belongs to root")
        .isEqualTo(0);
    assertThat(Files.readAllBytes(process.resolve("environ"))).isEmpty();
  }

  @Test
  void givenAnEnclaveThenEveryThreadOfOursIsRestrictedAndTheOthersAreTheRuntimes()
      throws Exception {
    keys();
    host.client().ask(new Request.Status(Optional.empty()));
    Set<String> restricted = new TreeSet<>();
    Set<String> others = new TreeSet<>();
    try (var tasks = Files.newDirectoryStream(Path.of("/proc/" + host.enclave().pid() + "/task"))) {
      for (Path task : tasks) {
        // A request's thread may end in this moment: its name is then nobody's.
        String status = Files.exists(task) ? Files.readString(task.resolve("status")) : "";
        boolean both = status.contains("Seccomp_filters:\t2");
        assertThat(both || status.contains("Seccomp_filters:\t1")).as(status).isTrue();
        String name = Files.readString(task.resolve("comm")).strip();
        boolean launcher = task.endsWith(String.valueOf(host.enclave().pid()));
        (both ? restricted : others).add(launcher ? "launcher" : name);
      }
    }
    assertThat(restricted).contains("java", "residue").doesNotContain("spawner");
    assertThat(RUNTIMES).containsAll(others);
    assertThat(others).contains("spawner", "VM Thread", "Signal Dispatch");
  }

  @Test
  void givenAnEnclaveThenItsHardeningNamesBothWallsAsOn() throws Exception {
    var status = (Answer.EnclaveStatus) host.client().ask(new Request.Status(Optional.empty()));
    assertThat(status.protections())
        .filteredOn(
            each -> Set.of("enclave-landlock", "enclave-calls-allowed").contains(each.name()))
        .hasSize(2)
        .allSatisfy(each -> assertThat(each.on()).as(each.toString()).isTrue());
  }

  @Test
  void givenAVmOutsideTheStoreWhenStartedThenTheEnclaveCannotEvenReadIt() throws Exception {
    TestService service = new TestService(host.released());
    KeyProtector protector = service.provisioned();
    Path inside = host.newVmDirectory("inside");
    Path outside = Files.createDirectory(folder.resolve("outside"));
    host.giveToEnclave(outside);
    for (Path directory : List.of(inside, outside)) {
      Path state = Files.createDirectory(directory.resolve("state." + protector.generation()));
      host.giveToEnclave(state);
      Path file = Files.write(state.resolve("protector.json"), protector.toBytes());
      host.giveToEnclave(file);
      Files.createSymbolicLink(directory.resolve("state"), state.getFileName());
    }
    assertThat(start(service, protector, inside).detail()).contains("uefi.vars is missing");
    Answer.Refused refused = start(service, protector, outside);
    assertThat(refused.code()).isEqualTo("not-usable");
    assertThat(refused.detail()).contains("AccessDenied", "protector.json");
  }

  private Answer.Refused start(TestService service, KeyProtector protector, Path directory)
      throws Exception {
    Answer.EnclaveKeys keys = keys();
    var prepared =
        (Answer.Prepared)
            host.client().ask(new Request.Prepare(Request.Purpose.START, protector.toJson()));
    return (Answer.Refused)
        host.client()
            .ask(
                new Request.Start(
                    prepared.session(),
                    service.release(prepared.request(), keys.keys(), protector),
                    directory,
                    new Request.Definition("a", 1, 512),
                    Request.Network.NONE,
                    Request.Saved.USE));
  }

  @Test
  void givenThisBootsEnclaveWhenAnotherStartsThenItIsRefused() throws Exception {
    assertThatThrownBy(host::startSecondEnclave)
        .isInstanceOfSatisfying(
            NotStartedException.class,
            e -> {
              assertThat(e).hasMessageContaining("this boot already has an enclave");
              assertThat(e.status()).hasValue(EnclaveLaunch.TAKEN);
            });
    assertThat(keys().id()).isNotEmpty();
  }

  @Test
  void givenBadMessagesWhenSentThenEachIsRefusedAndTheNextIsAnswered() throws Exception {
    assertRefused(frame("not json"), "malformed-message");
    assertRefused(frame("{\"type\":\"dump\"}"), "malformed-message");
    assertRefused(frame("{\"type\":\"keys\",\"x\":1}"), "malformed-message");
    assertRefused(frame("\"" + "a".repeat(100_000) + "\""), "malformed-message");
    assertRefused(frame("[".repeat(100_000)), "malformed-message");
    assertRefused(ByteBuffer.allocate(4).putInt(Frames.LARGEST + 1).array(), "message-too-large");
    assertRefused(new byte[] {-1, -1, -1, -1}, "message-too-large");
    assertThat(keys().id()).isNotEmpty();
  }

  private static byte[] frame(String text) {
    byte[] body = text.getBytes(UTF_8);
    return ByteBuffer.allocate(4 + body.length).putInt(body.length).put(body).array();
  }

  private void assertRefused(byte[] bytes, String code) throws Exception {
    try (UnixSocket connection = UnixSocket.connect(host.socket())) {
      connection.send(bytes, List.of(), SOON);
      byte[] answer = Frames.receive(connection, Frames.LARGEST, SOON, SOON);
      assertThat(AnswerCodec.decode(answer))
          .isInstanceOfSatisfying(
              Answer.Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
    }
  }

  @Test
  void givenManyOfTheLargestMessagesAtOnceWhenAnotherAsksThenTheEnclaveHasMemoryForIt()
      throws Exception {
    byte[] values = frame("[" + "{},".repeat((Frames.LARGEST - 4) / 3) + "{}]");
    byte[] text = frame("\"" + "a".repeat(Frames.LARGEST - 2) + "\"");
    List<Thread> senders = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      byte[] large = i % 2 == 0 ? values : text;
      senders.add(Thread.ofVirtual().start(() -> sendAndForget(large)));
    }
    for (Thread sender : senders) {
      sender.join();
    }
    assertThat(keys().id()).isNotEmpty();
    assertThat(host.enclave().alive()).isTrue();
  }

  private void sendAndForget(byte[] bytes) {
    try (UnixSocket connection = UnixSocket.connect(host.socket())) {
      connection.send(bytes, List.of(), SOON);
      Frames.receive(connection, Frames.LARGEST, SOON, SOON);
    } catch (IOException refused) {
      // Turned away; what counts is that the enclave goes on.
    }
  }

  @Test
  void givenClientsThatSayNothingOrHalfWhenAnotherAsksThenItIsAnswered() throws Exception {
    List<UnixSocket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 12; i++) {
        UnixSocket connection = UnixSocket.connect(host.socket());
        silent.add(connection);
        if (i % 2 == 0) {
          connection.send(new byte[] {0, 0, 1, 0, 'x'}, List.of(), SOON);
        }
      }
      assertThat(keys().id()).isNotEmpty();
    } finally {
      silent.forEach(UnixSocket::close);
    }
  }

  @Test
  void givenMoreClientsThanPlacesWhenOneMoreComesThenItIsToldAndLaterAnswered() throws Exception {
    List<UnixSocket> silent = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      silent.add(UnixSocket.connect(host.socket()));
    }
    Answer busy = host.client().ask(new Request.Status(Optional.empty()));
    assertThat(busy)
        .isInstanceOfSatisfying(
            Answer.Refused.class, refused -> assertThat(refused.code()).isEqualTo("enclave-busy"));
    silent.forEach(UnixSocket::close);
    long deadline = System.nanoTime() + SOON.toNanos();
    while (host.client().ask(new Request.Status(Optional.empty())) instanceof Answer.Refused) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void givenSessionsAndVmsThatDoNotExistWhenNamedThenEachHasItsRefusal() throws Exception {
    var empty = Json.object();
    assertCode(
        new Request.Start(
            "nobody",
            empty,
            folder,
            new Request.Definition("a", 1, 512),
            Request.Network.NONE,
            Request.Saved.USE),
        "unknown-session");
    assertCode(new Request.Provision("nobody", empty, empty, empty, folder, 0), "unknown-session");
    assertCode(new Request.Stop(UUID.randomUUID(), Request.How.KILL, 0), "not-running");
    assertCode(new Request.Report(UUID.randomUUID()), "not-running");
    assertCode(new Request.Leased(UUID.randomUUID(), empty), "not-running");
    assertCode(new Request.Prepare(Request.Purpose.START, empty), "malformed");
  }

  private void assertCode(Request request, String code) throws IOException {
    assertThat(host.client().ask(request))
        .isInstanceOfSatisfying(
            Answer.Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  @Test
  void givenAnotherUserWhenItConnectsThenTheSocketIsClosedToIt() {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        ThisProcess.uid() == 0, "SKIPPED: needs root to become another user");
    assertThatThrownBy(
            () -> {
              Process other =
                  new ProcessBuilder(
                          "/usr/bin/setpriv",
                          "--reuid",
                          "61900",
                          "--regid",
                          "61900",
                          "--clear-groups",
                          "/usr/bin/test",
                          "-w",
                          host.socket().toString())
                      .start();
              if (other.waitFor() != 0) {
                throw new IOException("not writable");
              }
            })
        .hasMessage("not writable");
  }
}
