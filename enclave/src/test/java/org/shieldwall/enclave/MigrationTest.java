package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.Lease;
import tools.jackson.databind.JsonNode;

/**
 * A running guest goes from one enclave to another over a connection that belongs to neither, with
 * what the one who owns it would try. The service asks no questions here; who may have the lease is
 * tested there.
 */
@Timeout(600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MigrationTest {
  private static final String CANARY = "canary-" + UUID.randomUUID();
  private static final String COUNTER =
      "#!/bin/sh\n(canary="
          + CANARY
          + "; n=0; while :; do n=$((n+1)); echo $n > /tmp/count; cp /tmp/count /srv/www/count;"
          + " sleep 1; done) > /dev/null 2>&1 &\n";

  @TempDir static Path first;
  @TempDir static Path second;

  private TestVm vm;
  private TestHost other;
  private int port;
  private byte[] recorded = {};

  @BeforeAll
  void prepare() throws Exception {
    vm = new TestVm(first, COUNTER);
    other = TestHost.sharing(second, vm.host());
    vm.provision();
    port = vm.start();
  }

  @AfterAll
  void end() {
    if (other != null) {
      other.close();
    }
    if (vm != null) {
      vm.close();
    }
  }

  private static Answer.Final ask(TestHost host, Request request) throws IOException {
    return host.client().ask(request, List.of(), TestVm.PATIENCE, progress -> {});
  }

  private JsonNode keys(TestHost host) throws IOException {
    return ((Answer.EnclaveKeys) ask(host, new Request.Keys())).keys();
  }

  private Answer.VmLease lease(TestHost host, Request report, Lease.Standing standing)
      throws Exception {
    JsonNode reported = ((Answer.Reported) ask(host, report)).report();
    Duration time = standing == Lease.Standing.HELD ? Duration.ofHours(1) : Duration.ZERO;
    JsonNode lease = vm.service().lease(reported, keys(host), standing, time);
    return ((Answer.Leased) ask(host, new Request.Leased(vm.id(), lease))).lease();
  }

  /** What came of a passage. */
  private record Passage(
      Answer.Final sent, Answer.Final received, ByteArrayOutputStream stream, int port) {}

  /** Bytes from one socket to the other, seen and touched on the way. */
  private static ByteArrayOutputStream relay(
      UnixSocket from, UnixSocket to, IntUnaryOperator touch) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[64 << 10];
    try {
      while (true) {
        if (!from.awaitReadable(Duration.ofMinutes(2))) {
          return all;
        }
        int count = from.receiveSome(buffer, 0, buffer.length);
        if (count == 0) {
          to.shutdown();
          return all;
        }
        for (int i = 0; i < count; i++) {
          buffer[i] ^= (byte) touch.applyAsInt(all.size() + i);
        }
        all.write(buffer, 0, count);
        to.send(java.util.Arrays.copyOf(buffer, count), List.of(), Duration.ofSeconds(60));
      }
    } catch (IOException ended) {
      to.shutdown();
      return all;
    }
  }

  private Passage pass(IntUnaryOperator touch) throws Exception {
    String target = ((Answer.EnclaveKeys) ask(other, new Request.Keys())).id();
    lease(vm.host(), new Request.Offer(vm.id(), target), Lease.Standing.HELD);
    KeyProtector protector = vm.protector();
    Answer.Prepared prepared =
        (Answer.Prepared)
            ask(other, new Request.Prepare(Request.Purpose.START, protector.toJson()));
    JsonNode release =
        vm.service().release(prepared.request(), keys(other), protector, other.released());
    int newPort = freePort();
    UnixSocket.Pair net = UnixSocket.pair();
    UnixSocket.Pair source = UnixSocket.pair();
    UnixSocket.Pair sink = UnixSocket.pair();
    try (UnixSocket ours = net.here();
        UnixSocket theirs = net.there()) {
      ChildProcess.start(
          List.of("/usr/bin/passt", "-f", "-q", "-F", "3", "-t", "127.0.0.1/" + newPort + ":80"),
          Map.of(),
          List.of(theirs.descriptor()));
      CompletableFuture<Answer.Final> received =
          async(() ->
              other
                  .client()
                  .ask(
                      new Request.Receive(
                          prepared.session(),
                          release,
                          vm.directory(),
                          new Request.Definition("test", 1, 512),
                          Request.Network.STREAM),
                      List.of(ours.descriptor(), sink.there().descriptor()),
                      TestVm.PATIENCE,
                      progress -> {}));
      CompletableFuture<ByteArrayOutputStream> back =
          async(() -> relay(sink.here(), source.here(), at -> 0));
      CompletableFuture<ByteArrayOutputStream> stream =
          async(() -> relay(source.here(), sink.here(), touch));
      Answer.Final sent =
          vm.host()
              .client()
              .ask(
                  new Request.Send(vm.id()),
                  List.of(source.there().descriptor()),
                  TestVm.PATIENCE,
                  progress -> {});
      source.there().close();
      ByteArrayOutputStream seen = stream.get(3, TimeUnit.MINUTES);
      Answer.Final arrived = received.get(3, TimeUnit.MINUTES);
      sink.there().close();
      back.cancel(true);
      return new Passage(sent, arrived, seen, newPort);
    }
  }

  private interface Work<T> {
    T run() throws Exception;
  }

  private static <T> CompletableFuture<T> async(Work<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            result.complete(work.run());
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private static int freePort() throws IOException {
    try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private int count() throws Exception {
    return Integer.parseInt(vm.fetch(port, "/count").strip());
  }

  private static String code(Answer.Final answer) {
    return answer instanceof Answer.Refused refused ? refused.code() : answer.toString();
  }

  @Test
  @Order(1)
  void givenAVmThatWasNotOfferedWhenSentThenThatIsRefused() throws Exception {
    count();
    UnixSocket.Pair pair = UnixSocket.pair();
    try (UnixSocket here = pair.here();
        UnixSocket there = pair.there()) {
      assertThat(
              code(
                  vm.host()
                      .client()
                      .ask(
                          new Request.Send(vm.id()),
                          List.of(there.descriptor()),
                          TestVm.PATIENCE,
                          progress -> {})))
          .isEqualTo("not-offered");
      assertThat(here.descriptor().number()).isPositive();
    }
  }

  @Test
  @Order(2)
  void givenAStreamThatIsAlteredWhenItArrivesThenItIsRefusedAndTheGuestGoesOnWhereItWas()
      throws Exception {
    int before = count();
    Passage passage = pass(at -> at == 5_000_000 ? 1 : 0);
    assertThat(code(passage.received())).isEqualTo("saved-state-altered");
    ask(vm.host(), new Request.TakeBack(vm.id()));
    if (!vm.state().equals("running")) {
      lease(vm.host(), new Request.Report(vm.id()), Lease.Standing.HELD);
    }
    vm.awaitState("running");
    assertThat(count()).isGreaterThanOrEqualTo(before);
    assertThat(vm.directory().resolve("state").toRealPath().getFileName())
        .hasToString("state." + vm.protector().generation());
  }

  @Test
  @Order(3)
  void givenAWholePassageWhenItIsTakenBackThenTheGuestGoesOnWhereItWas() throws Exception {
    int before = count();
    long generation = vm.protector().generation();
    Passage passage = pass(at -> 0);
    assertThat(passage.received()).isInstanceOf(Answer.Started.class);
    recorded = passage.stream().toByteArray();
    assertThat(vm.state()).isEqualTo("handed-over");
    // Neither runs: the service has not said whose it is.
    assertThat(state(other)).isEqualTo("paused");
    lease(other, new Request.Report(vm.id()), Lease.Standing.ELSEWHERE);
    ask(vm.host(), new Request.TakeBack(vm.id()));
    lease(vm.host(), new Request.Report(vm.id()), Lease.Standing.HELD);
    vm.awaitState("running");
    assertThat(count()).isGreaterThanOrEqualTo(before);
    assertThat(vm.protector().generation()).isEqualTo(generation);
  }

  private String state(TestHost host) throws IOException {
    return ((Answer.EnclaveStatus) ask(host, new Request.Status(Optional.of(vm.id()))))
        .vms()
        .getFirst()
        .state();
  }

  @Test
  @Order(4)
  void givenTheRecordedStreamWhenSearchedThenNoPlaintextIsInIt() {
    assertThat(recorded.length).isGreaterThan(10 << 20);
    assertThat(new String(recorded, StandardCharsets.ISO_8859_1)).doesNotContain(CANARY);
  }

  @Test
  @Order(5)
  void givenTheRecordedStreamWhenPlayedAgainThenItIsForAnotherMigration() throws Exception {
    awaitEnd();
    KeyProtector protector = vm.protector();
    Answer.Prepared prepared =
        (Answer.Prepared)
            ask(other, new Request.Prepare(Request.Purpose.START, protector.toJson()));
    JsonNode release =
        vm.service().release(prepared.request(), keys(other), protector, other.released());
    UnixSocket.Pair sink = UnixSocket.pair();
    CompletableFuture<Answer.Final> received =
        async(() ->
            other
                .client()
                .ask(
                    new Request.Receive(
                        prepared.session(),
                        release,
                        vm.directory(),
                        new Request.Definition("test", 1, 512),
                        Request.Network.NONE),
                    List.of(sink.there().descriptor()),
                    TestVm.PATIENCE,
                    progress -> {}));
    sink.here().receive(64, Duration.ofSeconds(60));
    try {
      sink.here().send(recorded, List.of(), Duration.ofSeconds(30));
    } catch (IOException refused) {
      // It had seen enough.
    }
    assertThat(code(received.get(2, TimeUnit.MINUTES))).isEqualTo("migration-failed");
    sink.here().close();
    sink.there().close();
  }

  private void awaitEnd() throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!state(other).equals("failed")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
    }
  }

  @Test
  @Order(6)
  void givenACountingGuestWhenMigratedThenItCountsOnThereAndIsGoneHere() throws Exception {
    int before = count();
    long generation = vm.protector().generation();
    Passage passage = pass(at -> 0);
    assertThat(passage.received()).isInstanceOf(Answer.Started.class);
    assertThat(passage.sent()).isInstanceOf(Answer.Sent.class);
    lease(vm.host(), new Request.Report(vm.id()), Lease.Standing.ENDED);
    lease(other, new Request.Report(vm.id()), Lease.Standing.HELD);
    assertThat(state(other)).isEqualTo("running");
    vm.awaitState("stopped");
    assertThat(vm.protector().generation()).isEqualTo(generation + 1);
    int there = Integer.parseInt(fetch(passage.port()));
    assertThat(there).isGreaterThanOrEqualTo(before);
    assertThat(vm.directory().resolve("state." + generation)).doesNotExist();
  }

  @Test
  @Order(7)
  void givenALateTargetThatPointedTheLinkAtItsOwnWhenTheVmEndsHereThenItsOwnStateCounts()
      throws Exception {
    ask(other, new Request.Stop(vm.id(), Request.How.KILL, 0));
    vm.start();
    String target = ((Answer.EnclaveKeys) ask(other, new Request.Keys())).id();
    lease(vm.host(), new Request.Offer(vm.id(), target), Lease.Standing.HELD);
    Path own = vm.directory().resolve("state").toRealPath().getFileName();
    Path late = vm.directory().resolve("state." + (vm.protector().generation() + 1));
    TestVm.run("cp", "-a", vm.directory().resolve(own).toString(), late.toString());
    TestVm.run(
        "ln", "-sfn", late.getFileName().toString(), vm.directory().resolve("state").toString());
    vm.ask(new Request.Stop(vm.id(), Request.How.KILL, 0));
    assertThat(java.nio.file.Files.readSymbolicLink(vm.directory().resolve("state")))
        .isEqualTo(own);
  }

  private String fetch(int at) throws Exception {
    var http = java.net.http.HttpClient.newHttpClient();
    var request =
        java.net.http.HttpRequest.newBuilder(
                java.net.URI.create("http://127.0.0.1:" + at + "/count"))
            .timeout(Duration.ofSeconds(5))
            .build();
    long deadline = System.nanoTime() + TestVm.PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      try {
        var answer = http.send(request, java.net.http.HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 200 && !answer.body().isBlank()) {
          return answer.body().strip();
        }
      } catch (IOException notYet) {
        assertThat(state(other)).isEqualTo("running");
      }
    }
    throw new AssertionError("the guest does not answer there");
  }
}
