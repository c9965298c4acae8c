package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.Lease;
import org.shieldwall.protector.ShieldingData;
import tools.jackson.databind.JsonNode;

/**
 * A VM's whole life on real parts, the guest included: made from the demonstration template,
 * started, asked over the network, restarted, torn from its power in different ways, and started
 * again.
 */
@Timeout(400)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class VmLifecycleTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String CANARY = "canary-" + UUID.randomUUID();

  @TempDir static Path folder;

  private TestHost host;
  private TestService service;
  private Path template;
  private ShieldingData data;
  private JsonNode catalog;
  private Path directory;
  private UUID vm = new UUID(0, 0);

  @BeforeEach
  void prepareOnce() throws Exception {
    assumeTrue(
        Boolean.getBoolean("shieldwall.boot"),
        "SKIPPED: real boots take minutes; run them with -Dshieldwall.boot=true");
    if (host == null) {
      prepare();
    }
  }

  private void prepare() throws Exception {
    Path guest = Path.of(System.getProperty("shieldwall.root"), "build/guest");
    template = guest.resolve("template.img");
    assumeTrue(
        Files.exists(template),
        "SKIPPED: needs the demonstration template, built by guest/build-template");
    assumeTrue(Files.exists(Path.of("/usr/bin/passt")), "SKIPPED: needs the package passt");
    host = new TestHost(folder);
    service = new TestService();
    catalog = service.catalog(template, guest.resolve("secureboot.crt")).toJson();
    data =
        service.shieldingData(
            Map.of("user-data", "#!/bin/sh\necho " + CANARY + " > /srv/www/secret\n"));
  }

  @AfterAll
  void end() {
    if (host != null) {
      host.close();
    }
  }

  private Answer.Final ask(Request request, List<Descriptor> descriptors) throws IOException {
    return host.client().ask(request, descriptors, PATIENCE, report -> {});
  }

  private Answer.Prepared prepared(Request.Purpose purpose, KeyProtector protector)
      throws IOException {
    return (Answer.Prepared) ask(new Request.Prepare(purpose, protector.toJson()), List.of());
  }

  private JsonNode release(Answer.Prepared prepared, KeyProtector protector) throws Exception {
    var keys = (Answer.EnclaveKeys) host.client().ask(new Request.Keys());
    return service.release(prepared.request(), keys.keys(), protector);
  }

  private Answer.Final provision(Path into, Path from) throws Exception {
    Answer.Prepared prepared = prepared(Request.Purpose.PROVISION, data.protector());
    try (Descriptor open = Descriptor.open(from, Descriptor.Access.READ)) {
      return ask(
          new Request.Provision(
              prepared.session(),
              release(prepared, data.protector()),
              data.toJson(),
              catalog,
              into,
              0),
          List.of(open));
    }
  }

  private KeyProtector protector() throws Exception {
    return KeyProtector.parse(Files.readAllBytes(directory.resolve("state/protector.json")));
  }

  /** Starts the VM with passt outside; {@return the port that reaches its web server} */
  private int start() throws Exception {
    KeyProtector protector = protector();
    Answer.Prepared prepared = prepared(Request.Purpose.START, protector);
    int port = freePort();
    UnixSocket.Pair pair = UnixSocket.pair();
    try (UnixSocket ours = pair.here();
        UnixSocket theirs = pair.there()) {
      ChildProcess.start(
          List.of("/usr/bin/passt", "-f", "-q", "-F", "3", "-t", "127.0.0.1/" + port + ":80"),
          Map.of(),
          List.of(theirs.descriptor()));
      Answer.Final answer =
          ask(
              new Request.Start(
                  prepared.session(),
                  release(prepared, protector),
                  directory,
                  new Request.Definition("test", 1, 512),
                  Request.Network.STREAM),
              List.of(ours.descriptor()));
      assertThat(answer)
          .isInstanceOfSatisfying(
              Answer.Started.class,
              started -> assertThat(started.generation()).isEqualTo(protector.generation() + 1));
      assertThat(state()).isEqualTo("paused");
      assertThat(lease(Lease.Standing.HELD, Duration.ofHours(1)).standing()).isEqualTo("held");
      assertThat(state()).isEqualTo("running");
      return port;
    }
  }

  /** Has the enclave report, and the service answer. */
  private Answer.VmLease lease(Lease.Standing standing, Duration time) throws Exception {
    var keys = (Answer.EnclaveKeys) host.client().ask(new Request.Keys());
    var reported = (Answer.Reported) ask(new Request.Report(vm), List.of());
    JsonNode lease = service.lease(reported.report(), keys.keys(), standing, time);
    return ((Answer.Leased) ask(new Request.Leased(vm, lease), List.of())).lease();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private String fetch(int port, String path) throws Exception {
    HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(5))
            .build();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      try {
        HttpResponse<String> response =
            http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (response.statusCode() == 200) {
          return response.body();
        }
      } catch (IOException notYet) {
        assertThat(status()).matches(vm -> vm.state().equals("running"));
        LockSupport.parkNanos(200_000_000);
      }
    }
    throw new AssertionError("the guest did not answer: " + status());
  }

  private Answer.RunningVm status() throws IOException {
    Answer.Final answer = ask(new Request.Status(Optional.of(vm)), List.of());
    assertThat(answer).isInstanceOf(Answer.EnclaveStatus.class);
    return ((Answer.EnclaveStatus) answer).vms().getFirst();
  }

  private String state() throws IOException {
    return status().state();
  }

  private void awaitState(String wanted) throws IOException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!state().equals(wanted)) {
      assertThat(System.nanoTime())
          .as("waiting for %s, is %s", wanted, status())
          .isLessThan(deadline);
    }
  }

  @Test
  @Order(1)
  void givenATemplateWithOneAlteredByteWhenProvisionedThenItIsRefusedAndNoDiskIsLeft()
      throws Exception {
    Path altered = folder.resolve("altered.img");
    Files.copy(template, altered);
    try (var channel =
        java.nio.channels.FileChannel.open(altered, java.nio.file.StandardOpenOption.WRITE)) {
      channel.write(java.nio.ByteBuffer.wrap(new byte[] {1}), Files.size(template) - (20 << 20));
    }
    Path into = host.newVmDirectory("vm-altered");
    assertThat(provision(into, altered))
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("template-block-differs"));
    assertThat(into.resolve("disk.img")).doesNotExist();
    assertThat(into.resolve("state")).doesNotExist();
  }

  @Test
  @Order(2)
  void givenTheTemplateWhenProvisionedThenTheDirectoryIsWhole() throws Exception {
    directory = host.newVmDirectory("vm");
    assertThat(provision(directory, template))
        .isInstanceOfSatisfying(Answer.Provisioned.class, provisioned -> vm = provisioned.vm());
    assertThat(protector().generation()).isEqualTo(1);
    assertThat(protector().vm()).contains(vm);
    assertThat(directory.resolve("disk.img")).isRegularFile();
    assertThat(directory.resolve("seed.img")).isRegularFile();
    assertThat(directory.resolve("state/uefi.vars")).isRegularFile();
    assertThat(directory.resolve("state/vtpm/tpm2-00.permall")).isRegularFile();
    assertThat(provision(directory, template))
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("directory-not-empty"));
  }

  @Test
  @Order(3)
  void givenTheVmWhenStartedThenItServesTheOwnersSecretFromItsEncryptedDisk() throws Exception {
    int port = start();
    assertThat(fetch(port, "/secret").strip()).isEqualTo(CANARY);
    assertThat(fetch(port, "/health"))
        .contains("\"secureBoot\":true")
        .contains("\"lockdown\":\"confidentiality\"")
        .contains("\"rootCipher\":\"aes-xts-plain64\"")
        .contains("\"seedCipher\":\"aes-xts-plain64\"");
    assertThat(ask(new Request.Prepare(Request.Purpose.START, protector().toJson()), List.of()))
        .isInstanceOf(Answer.Prepared.class);
    assertAlreadyRunning();
    assertNothingSecretOutside();
    assertThat(ask(new Request.Stop(vm, Request.How.POWERDOWN, 60), List.of()))
        .isInstanceOfSatisfying(
            Answer.Stopped.class, stopped -> assertThat(stopped.how()).isEqualTo("guest-shutdown"));
    assertThat(state()).isEqualTo("stopped");
  }

  private void assertAlreadyRunning() throws Exception {
    KeyProtector protector = protector();
    Answer.Prepared prepared = prepared(Request.Purpose.START, protector);
    Answer.Final answer =
        ask(
            new Request.Start(
                prepared.session(),
                release(prepared, protector),
                directory,
                new Request.Definition("test", 1, 512),
                Request.Network.NONE),
            List.of());
    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("already-running"));
  }

  /** Files of the VM, and what every process of the enclave's user shows of itself. */
  private void assertNothingSecretOutside() throws Exception {
    List<Path> places = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      files.filter(Files::isRegularFile).forEach(places::add);
    }
    ProcessHandle.allProcesses()
        .forEach(process -> {
          places.add(Path.of("/proc/" + process.pid() + "/cmdline"));
          places.add(Path.of("/proc/" + process.pid() + "/environ"));
        });
    for (Path place : places) {
      assertThat(contains(place)).as(place.toString()).isFalse();
    }
    assertThat(places).anyMatch(place -> place.endsWith("disk.img"));
  }

  private static boolean contains(Path place) {
    try (var in = Files.newInputStream(place)) {
      byte[] needle = CANARY.getBytes(StandardCharsets.UTF_8);
      byte[] buffer = new byte[1 << 20];
      int kept = 0;
      int count;
      while ((count = in.read(buffer, kept, buffer.length - kept)) > 0) {
        String text = new String(buffer, 0, kept + count, StandardCharsets.ISO_8859_1);
        if (text.contains(CANARY)) {
          return true;
        }
        kept = Math.min(needle.length, kept + count);
        System.arraycopy(buffer, text.length() - kept, buffer, 0, kept);
      }
      return false;
    } catch (IOException gone) {
      return false;
    }
  }

  @Test
  @Order(4)
  void givenAStoppedVmWhenQemuAndThenSwtpmAndThenTheEnclaveAreKilledThenItStartsAgainEachTime()
      throws Exception {
    start();
    kill("qemu-system-x86_64");
    awaitState("failed");
    start();
    kill("swtpm");
    awaitState("failed");
    assertThat(status().reason().orElseThrow()).contains("vTPM");
    start();
    host.reboot();
    assertThat(running("qemu-system-x86_64")).as("workers end with the enclave").isEmpty();
    int port = start();
    assertThat(fetch(port, "/secret").strip()).isEqualTo(CANARY);
    assertThat(ask(new Request.Stop(vm, Request.How.KILL, 0), List.of()))
        .isInstanceOf(Answer.Stopped.class);
  }

  /** Processes of the enclave's that run a program: not those of other tests on this machine. */
  private List<ProcessHandle> running(String program) {
    return ProcessHandle.of(host.enclave().pid())
        .map(ProcessHandle::descendants)
        .orElse(Stream.empty())
        .filter(p -> p.info().command().orElse("").endsWith(program))
        .toList();
  }

  private void kill(String program) throws IOException {
    List<ProcessHandle> processes = running(program);
    assertThat(processes).isNotEmpty();
    for (ProcessHandle process : processes) {
      process.destroyForcibly();
    }
  }

  @Test
  @Order(5)
  void givenAnUnfinishedGenerationWhenStartedThenTheCommittedOneCounts() throws Exception {
    long generation = protector().generation();
    Path unfinished = Files.createDirectory(directory.resolve("state." + (generation + 1)));
    Files.writeString(unfinished.resolve("protector.json"), "half a prot");
    host.giveToEnclave(unfinished);
    start();
    assertThat(protector().generation()).isEqualTo(generation + 1);
    assertThat(directory.resolve("state." + generation)).doesNotExist();
    ask(new Request.Stop(vm, Request.How.KILL, 0), List.of());
  }

  @Test
  @Order(6)
  void givenAlteredStateWhenStartedThenItIsRefusedAndTheOldGenerationStays() throws Exception {
    long generation = protector().generation();
    for (String name : List.of("uefi.vars", "vtpm/tpm2-00.permall")) {
      Path file = directory.resolve("state").resolve(name);
      byte[] genuine = Files.readAllBytes(file);
      byte[] altered = genuine.clone();
      altered[altered.length / 2] ^= 1;
      Files.write(file, altered);
      KeyProtector protector = protector();
      Answer.Prepared prepared = prepared(Request.Purpose.START, protector);
      Answer.Final answer =
          ask(
              new Request.Start(
                  prepared.session(),
                  release(prepared, protector),
                  directory,
                  new Request.Definition("test", 1, 512),
                  Request.Network.NONE),
              List.of());
      assertThat(answer)
          .isInstanceOfSatisfying(
              Answer.Refused.class,
              refused -> assertThat(refused.code()).isEqualTo("vm-state-altered"));
      assertThat(protector().generation()).isEqualTo(generation);
      Files.write(file, genuine);
    }
  }

  @Test
  @Order(9)
  void givenAFullDiskWhenStartedThenItIsRefusedAndStartsOnceThereIsRoom() throws Exception {
    assumeTrue(ThisProcess.uid() == 0, "SKIPPED: needs root to mount a small file system");
    Path small = Files.createDirectory(folder.resolve("small"));
    run("mount", "-t", "tmpfs", "-o", "size=200m,mode=0755", "tmpfs", small.toString());
    Path original = directory;
    try {
      run("cp", "-a", "--sparse=always", original.toString(), small.resolve("vm").toString());
      directory = small.resolve("vm");
      Path filler = small.resolve("filler");
      new ProcessBuilder("dd", "if=/dev/zero", "of=" + filler, "bs=64k").start().waitFor();
      long generation = protector().generation();
      KeyProtector protector = protector();
      Answer.Prepared prepared = prepared(Request.Purpose.START, protector);
      assertThat(
              ask(
                  new Request.Start(
                      prepared.session(),
                      release(prepared, protector),
                      directory,
                      new Request.Definition("test", 1, 512),
                      Request.Network.NONE),
                  List.of()))
          .isInstanceOfSatisfying(
              Answer.Refused.class,
              refused -> assertThat(refused.code()).as(refused.detail()).isEqualTo("no-space"));
      assertThat(protector().generation()).isEqualTo(generation);
      Files.delete(filler);
      start();
      assertThat(protector().generation()).isEqualTo(generation + 1);
      ask(new Request.Stop(vm, Request.How.KILL, 0), List.of());
    } finally {
      directory = original;
      run("umount", small.toString());
    }
  }

  private String startCode() throws Exception {
    KeyProtector protector = protector();
    Answer.Prepared prepared = prepared(Request.Purpose.START, protector);
    Answer.Final answer =
        ask(
            new Request.Start(
                prepared.session(),
                release(prepared, protector),
                directory,
                new Request.Definition("test", 1, 512),
                Request.Network.NONE),
            List.of());
    return answer instanceof Answer.Refused refused ? refused.code() : answer.toString();
  }

  @Test
  @Order(7)
  void givenAnOlderStateOfTheSameGenerationWhenStartedThenItIsNotTheLast() throws Exception {
    int port = start();
    Path older = folder.resolve("older");
    run("cp", "-a", directory.toRealPath().resolve("state").toRealPath().toString(), "" + older);
    assertThat(fetch(port, "/secret").strip()).isEqualTo(CANARY);
    ask(new Request.Stop(vm, Request.How.POWERDOWN, 60), List.of());
    Path last = directory.resolve("state").toRealPath();
    Path kept = folder.resolve("last");
    run("mv", "" + last, "" + kept);
    run("cp", "-a", "" + older, "" + last);
    assertThat(startCode()).isEqualTo("state-not-the-last");
    run("rm", "-r", "" + last);
    run("mv", "" + kept, "" + last);
    start();
  }

  @Test
  @Order(8)
  void givenARunningVmWhenItsLeaseIsOverThenItWaitsAndWhenItRunsElsewhereItEnds() throws Exception {
    var keys = (Answer.EnclaveKeys) host.client().ask(new Request.Keys());
    assertThat(lease(Lease.Standing.HELD, Duration.ofSeconds(1)).standing()).isEqualTo("held");
    awaitState("paused");
    var reported = (Answer.Reported) ask(new Request.Report(vm), List.of());
    JsonNode good =
        service.lease(reported.report(), keys.keys(), Lease.Standing.HELD, Duration.ofHours(1));
    JsonNode forged =
        new TestService()
            .lease(reported.report(), keys.keys(), Lease.Standing.HELD, Duration.ofHours(1));
    assertThat(((Answer.Refused) ask(new Request.Leased(vm, forged), List.of())).code())
        .isEqualTo("foreign-signature");
    assertThat(state()).isEqualTo("paused");
    ask(new Request.Leased(vm, good), List.of());
    assertThat(state()).isEqualTo("running");
    assertThat(((Answer.Refused) ask(new Request.Leased(vm, good), List.of())).code())
        .isEqualTo("lease-not-asked-for");

    lease(Lease.Standing.ELSEWHERE, Duration.ZERO);
    awaitState("failed");
    assertThat(status().reason().orElseThrow()).contains("another host");
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", command) + ": " + said).isZero();
  }
}
