package org.shieldwall.enclave.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixSocket;

/**
 * Real workers, as the enclave starts them and otherwise: what is seen of them is what they are.
 */
@Timeout(90)
class WorkerSightTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @BeforeEach
  void tools() {
    assumeTrue(Sandbox.available(), "SKIPPED: needs the package bubblewrap");
    assumeTrue(
        Files.exists(Path.of("/usr/bin/qemu-system-x86_64")),
        "SKIPPED: needs the package qemu-system-x86");
    assumeTrue(Files.exists(AcceleratorProbe.BLANK_VARIABLES), "SKIPPED: needs the package ovmf");
  }

  /**
   * Starts the plan's command, altered, waits for QEMU's greeting, and looks; {@return what is
   * found by each look}
   */
  private static String found(boolean console, UnaryOperator<List<String>> altered)
      throws Exception {
    try (Descriptor variables = Descriptor.memory("variables")) {
      variables.write(Files.readAllBytes(AcceleratorProbe.BLANK_VARIABLES));
      WorkerPlan plan =
          new WorkerPlan(
              "test",
              Accelerator.TCG,
              1,
              256,
              variables,
              List.of(),
              Optional.empty(),
              Optional.empty(),
              console,
              false);
      UnixSocket.Pair monitor = UnixSocket.pair();
      UnixSocket.Pair line = UnixSocket.pair();
      WorkerPlan.Launch launch =
          plan.launch(
              monitor.there().descriptor(),
              console ? Optional.of(line.there().descriptor()) : Optional.empty());
      ChildProcess process =
          ChildProcess.start(
              altered.apply(new ArrayList<>(launch.command())), Map.of(), launch.inherited());
      monitor.there().close();
      try {
        assertThat(monitor.here().awaitReadable(SOON)).as(process.tail()).isTrue();
        assertThat(monitor.here().receive(8, SOON)).as(process.tail()).isNotEmpty();
        long qemu = WorkerSight.of("test", false, process.pid(), process.pid()).worker();
        return look(new WorkerSight("test", false, qemu, qemu)); // in the vTPM's place too
      } finally {
        process.kill();
        process.await(SOON);
        monitor.here().close();
        line.here().close();
        line.there().close();
      }
    }
  }

  private static String look(WorkerSight sight) {
    // A test's processes have cores: that limit is inherited from the enclave.
    Optional<String> dumpable = sight.dumpable().filter(why -> !why.contains("cores are not off"));
    return Stream.of(sight.notConfined(), sight.otherMonitor(), sight.otherDevice(), dumpable)
        .map(each -> each.orElse("-"))
        .toList()
        .toString();
  }

  private static UnaryOperator<List<String>> replacing(String word, String other) {
    return command -> {
      List<String> all = command.stream().map(each -> each.replace(word, other)).toList();
      assertThat(all).isNotEqualTo(command);
      return all;
    };
  }

  private static UnaryOperator<List<String>> adding(String... words) {
    return command -> {
      command.addAll(List.of(words));
      return command;
    };
  }

  @Test
  void givenAWorkerAsItIsMeantThenNothingIsFound() throws Exception {
    assertThat(found(false, UnaryOperator.identity())).isEqualTo("[-, -, -, -]");
  }

  @Test
  void givenAWorkerWithAConsoleThatItsOwnerDoesNotAllowThenThatIsFound() throws Exception {
    assertThat(found(true, UnaryOperator.identity()))
        .contains("has a channel socket,id=serial", "has the device bochs-display");
  }

  @Test
  void givenAnAlteredWorkerThenWhatWasAlteredIsFound() throws Exception {
    seen(adding("-gdb", "none"), "was started with -gdb");
    seen(adding("-fw_cfg", "name=opt/x,string=y"), "was started with -fw_cfg");
    seen(adding("-chardev", "null,id=other", "-mon", "chardev=other"), "another monitor");
    seen(adding("-chardev", "null,id=other"), "has a channel null,id=other");
    seen(adding("-device", "qemu-xhci"), "has the device qemu-xhci");
    seen(replacing("dump-guest-core=off", "dump-guest-core=on"), "would be in a core");
    seen(replacing("usb=off", "usb=on"), "devices that nobody asked for");
    seen(replacing("spawn=deny", "spawn=allow"), "does not confine itself");
    seen(
        command -> {
          command.remove("--disable-userns");
          command.removeIf(word -> word.equals("--unshare-all"));
          command.addAll(1, List.of("--unshare-user", "--unshare-pid", "--unshare-uts"));
          return command;
        },
        "has a network");
  }

  private static void seen(UnaryOperator<List<String>> altered, String wanted) throws Exception {
    assertThat(found(false, altered)).contains(wanted);
  }

  @Test
  void givenProcessesThatHaveEndedThenNothingPasses() {
    assertThat(look(new WorkerSight("test", false, Long.MAX_VALUE, Long.MAX_VALUE)))
        .contains("holds capabilities", "another monitor", "devices that nobody asked for");
    assertThat(new WorkerSight("test", false, Long.MAX_VALUE, Long.MAX_VALUE).dumpable())
        .isPresent();
  }
}
