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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
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
 * A VM made from the demonstration template, its host, and a service that releases whatever is
 * asked for: what an agent does with an enclave, step by step.
 */
final class TestVm implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Path folder;
  private final Path template;
  private final TestHost host;
  private final TestService service;
  private final ShieldingData data;
  private final JsonNode catalog;
  private Path directory;
  private UUID vm = new UUID(0, 0);

  /**
   * A host, and nothing made yet.
   *
   * @param userData what the guest runs at its first boot
   */
  TestVm(Path folder, String userData) throws Exception {
    this(folder, userData, false);
  }

  /**
   * The same on a host that can be made to swap.
   *
   * @param ownMounts as {@link TestHost} takes it
   */
  TestVm(Path folder, String userData, boolean ownMounts) throws Exception {
    for (String tool :
        List.of("qemu-system-x86_64", "swtpm", "bwrap", "passt", "sbsign", "mcopy")) {
      assumeTrue(
          Files.isExecutable(Path.of("/usr/bin", tool)),
          "SKIPPED: " + tool + " is not installed; ./verify names the package");
    }
    Path root = Path.of(System.getProperty("shieldwall.root")).toAbsolutePath().normalize();
    Path guest = root.resolve("build/guest");
    // Does nothing where it is there and its sources are as they were.
    run(root.resolve("guest/build-template").toString(), "--output", guest.toString());
    this.folder = folder;
    this.template = guest.resolve("template.img");
    this.host = new TestHost(folder, true, ownMounts);
    this.service = new TestService(host.released());
    this.catalog = service.catalog(template, guest.resolve("secureboot.crt")).toJson();
    this.data = service.shieldingData(Map.of("user-data", userData));
    this.directory = folder;
  }

  TestHost host() {
    return host;
  }

  TestService service() {
    return service;
  }

  Path template() {
    return template;
  }

  UUID id() {
    return vm;
  }

  Path directory() {
    return directory;
  }

  /** The same VM somewhere else. */
  void movedTo(Path other) {
    directory = other;
  }

  Answer.Final ask(Request request, List<Descriptor> descriptors) throws IOException {
    return host.client().ask(request, descriptors, PATIENCE, report -> {});
  }

  Answer.Final ask(Request request) throws IOException {
    return ask(request, List.of());
  }

  Answer.Prepared prepared(Request.Purpose purpose, KeyProtector protector) throws IOException {
    Request prepare = new Request.Prepare(purpose, protector.toJson());
    if (purpose == Request.Purpose.PROVISION || ThisProcess.uid() != 0) {
      return (Answer.Prepared) ask(prepare);
    }
    try (Descriptor user = host.userOf(protector.vm().orElseThrow())) {
      return (Answer.Prepared) ask(prepare, List.of(user));
    }
  }

  JsonNode release(Answer.Prepared prepared, KeyProtector protector) throws Exception {
    var keys = (Answer.EnclaveKeys) host.client().ask(new Request.Keys());
    return service.release(prepared.request(), keys.keys(), protector);
  }

  /** Makes the VM in a new folder. */
  void provision() throws Exception {
    directory = host.newVmDirectory("vm");
    assertThat(provision(directory, template)).isInstanceOf(Answer.Provisioned.class);
  }

  Answer.Final provision(Path into, Path from) throws Exception {
    Answer.Prepared prepared = prepared(Request.Purpose.PROVISION, data.protector());
    try (Descriptor open = Descriptor.open(from, Descriptor.Access.READ)) {
      Answer.Final answer =
          ask(
              new Request.Provision(
                  prepared.session(),
                  release(prepared, data.protector()),
                  data.toJson(),
                  catalog,
                  into,
                  0),
              List.of(open));
      if (answer instanceof Answer.Provisioned made) {
        directory = into;
        vm = made.vm();
      }
      return answer;
    }
  }

  KeyProtector protector() throws Exception {
    return KeyProtector.parse(Files.readAllBytes(directory.resolve("state/protector.json")));
  }

  /** Starts the VM with passt outside; {@return the port that reaches its web server} */
  int start() throws Exception {
    return start(Request.Saved.USE, new Request.Definition("test", 1, 512));
  }

  int start(Request.Saved saved, Request.Definition definition) throws Exception {
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
                  definition,
                  Request.Network.STREAM,
                  saved),
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

  /** Tries to start it, without a network; {@return the refusal's code, or what else came} */
  String startCode(Request.Saved saved) throws Exception {
    KeyProtector protector = protector();
    Answer.Prepared prepared = prepared(Request.Purpose.START, protector);
    Answer.Final answer =
        ask(
            new Request.Start(
                prepared.session(),
                release(prepared, protector),
                directory,
                new Request.Definition("test", 1, 512),
                Request.Network.NONE,
                saved));
    return answer instanceof Answer.Refused refused ? refused.code() : answer.toString();
  }

  /** Has the enclave report, and the service answer. */
  Answer.VmLease lease(Lease.Standing standing, Duration time) throws Exception {
    var keys = (Answer.EnclaveKeys) host.client().ask(new Request.Keys());
    var reported = (Answer.Reported) ask(new Request.Report(vm));
    JsonNode lease = service.lease(reported.report(), keys.keys(), standing, time);
    return ((Answer.Leased) ask(new Request.Leased(vm, lease))).lease();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** {@return a page of the guest's, as soon as it serves it} */
  String fetch(int port, String path) throws Exception {
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
        if (response.statusCode() == 200 && !response.body().isBlank()) {
          return response.body();
        }
      } catch (IOException notYet) {
        assertThat(status()).matches(each -> each.state().equals("running"));
      }
      LockSupport.parkNanos(200_000_000);
    }
    throw new AssertionError("the guest did not answer: " + status());
  }

  Answer.RunningVm status() throws IOException {
    Answer.Final answer = ask(new Request.Status(Optional.of(vm)));
    assertThat(answer).isInstanceOf(Answer.EnclaveStatus.class);
    return ((Answer.EnclaveStatus) answer).vms().getFirst();
  }

  String state() throws IOException {
    return status().state();
  }

  void awaitState(String wanted) throws IOException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!state().equals(wanted)) {
      assertThat(System.nanoTime())
          .as("waiting for %s, is %s", wanted, status())
          .isLessThan(deadline);
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** Processes of the enclave's that run a program: not those of other tests on this machine. */
  List<ProcessHandle> running(String program) {
    return ProcessHandle.of(host.enclave().pid())
        .map(ProcessHandle::descendants)
        .orElse(Stream.empty())
        .filter(p -> p.info().command().orElse("").endsWith(program))
        .toList();
  }

  void kill(String program) {
    List<ProcessHandle> processes = running(program);
    assertThat(processes).isNotEmpty();
    for (ProcessHandle process : processes) {
      process.destroyForcibly();
    }
  }

  static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", command) + ": " + said).isZero();
  }

  Path folder() {
    return folder;
  }

  @Override
  public void close() {
    host.close();
  }
}
