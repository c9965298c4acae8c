package org.shieldwall.enclave.posix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.EOFException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PosixTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path folder;

  @Test
  void givenASocketPairWhenDescriptorsAreSentThenTheOtherSideHasTheSameOpenFile() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "content");
    UnixSocket.Pair pair = UnixSocket.pair();
    try (UnixSocket here = pair.here();
        UnixSocket there = pair.there();
        Descriptor sent = Descriptor.open(file, Descriptor.Access.READ)) {
      here.send("hello".getBytes(UTF_8), List.of(sent), SOON);
      assertThat(there.receive(5, SOON)).asString(UTF_8).isEqualTo("hello");
      List<Descriptor> received = there.takeDescriptors();
      assertThat(received).hasSize(1);
      Files.delete(file);
      assertThat(Files.readString(received.getFirst().path())).isEqualTo("content");
      received.getFirst().close();
    }
  }

  @Test
  void givenDescriptorsWithEachByteWhenReceivedThenTheSeventeenthIsRefused() throws Exception {
    UnixSocket.Pair pair = UnixSocket.pair();
    try (UnixSocket here = pair.here();
        UnixSocket there = pair.there();
        Descriptor sent = Descriptor.memory("sent")) {
      for (int i = 0; i < 17; i++) {
        here.send(new byte[] {1}, List.of(sent), SOON);
      }
      assertThatThrownBy(() -> there.receive(17, SOON)).hasMessageContaining("more descriptors");
    }
  }

  @Test
  void givenASilentOtherSideWhenReceivingThenTheWaitHasALimit() throws Exception {
    UnixSocket.Pair pair = UnixSocket.pair();
    try (UnixSocket here = pair.here();
        UnixSocket there = pair.there()) {
      assertThatThrownBy(() -> here.receive(1, Duration.ofMillis(20)))
          .isInstanceOf(SocketTimeoutException.class);
      there.shutdown();
      assertThatThrownBy(() -> here.receive(1, SOON)).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void givenAListenerWhenSomebodyConnectsThenTheKernelSaysWhoItIs() throws Exception {
    Path path = folder.resolve("socket");
    try (UnixListener listener = UnixListener.at(path, "rw-------");
        UnixSocket client = UnixSocket.connect(path);
        UnixSocket server = listener.accept(SOON).orElseThrow()) {
      assertThat(server.peer().uid()).isEqualTo(ThisProcess.uid());
      assertThat(server.peer().pid()).isEqualTo((int) ProcessHandle.current().pid());
      client.send(new byte[] {1}, List.of(), SOON);
      assertThat(server.receive(1, SOON)).containsExactly(1);
      assertThatThrownBy(() -> UnixListener.at(path, "rw-------"))
          .hasMessageContaining("listens at");
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void givenDescriptorsWhenAChildStartsThenItHasThoseAndNoOthers() throws Exception {
    UnixSocket.Pair pair = UnixSocket.pair();
    try (UnixSocket here = pair.here();
        UnixSocket there = pair.there()) {
      ChildProcess child =
          ChildProcess.start(
              List.of("/bin/sh", "-c", "ls /proc/self/fd | tr '\\n' ' ' >&3; env >&2; exit 7"),
              Map.of("ONLY", "this"),
              List.of(there.descriptor()));
      assertThat(child.await(SOON)).isTrue();
      assertThat(child.exit().get()).isEqualTo(7);
      byte[] listed = new byte[64];
      int count = here.receiveSome(listed, 0, listed.length);
      // ls itself opens one more: the directory it lists.
      assertThat(new String(listed, 0, count, UTF_8).strip()).isEqualTo("0 1 2 3 4");
      assertThat(child.tail()).contains("ONLY=this").doesNotContain("PATH=/root");
    }
  }

  @Test
  void givenAMissingProgramWhenStartedThenTheReasonIsNamed() {
    assertThatThrownBy(() -> ChildProcess.start(List.of("/nonexistent"), Map.of(), List.of()))
        .isInstanceOf(SystemCallException.class)
        .hasMessage("posix_spawn: no such file (ENOENT)");
  }

  @Test
  void givenARunningChildWhenKilledThenItsEndIsSeen() throws Exception {
    ChildProcess child = ChildProcess.start(List.of("/bin/sleep", "60"), Map.of(), List.of());
    assertThat(child.alive()).isTrue();
    child.kill();
    assertThat(child.await(SOON)).isTrue();
    assertThat(child.exit().get()).isEqualTo(128 + 9);
    child.kill(); // nobody else gets a signal meant for a child that has ended
  }

  @Test
  void givenHiddenMemoryWhenRootReadsItThroughProcThenTheKernelRefuses() throws Exception {
    HiddenMemory.Region region = HiddenMemory.map(4096);
    assumeTrue(
        region.kind() == HiddenMemory.Kind.MEMFD_SECRET,
        "SKIPPED: this kernel offers no memfd_secret (boot option secretmem.enable=1)");
    byte[] secret = "a secret in hidden memory".getBytes(UTF_8);
    MemorySegment.copy(secret, 0, region.pages(), ValueLayout.JAVA_BYTE, 0, secret.length);
    MemorySegment control = HiddenMemory.locked(4096);
    MemorySegment.copy(secret, 0, control, ValueLayout.JAVA_BYTE, 0, secret.length);
    assertThat(readByAnotherProcess(control.address())).contains("a secret in hidden memory");
    assertThat(readByAnotherProcess(region.pages().address()))
        .doesNotContain("a secret in hidden memory");
    assertThat(region.pages().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 'a');
  }

  private static String readByAnotherProcess(long address) throws Exception {
    String memory = "/proc/" + ProcessHandle.current().pid() + "/mem";
    Process reader =
        new ProcessBuilder(
                "dd", "if=" + memory, "bs=4096", "count=1", "skip=" + address / 4096, "status=none")
            .redirectErrorStream(true)
            .start();
    return new String(reader.getInputStream().readAllBytes(), UTF_8);
  }
}
