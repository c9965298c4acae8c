package org.shieldwall.enclave.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixSocket;

@Timeout(60)
class WorkerTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @BeforeEach
  void tools() {
    assumeTrue(Sandbox.available(), "SKIPPED: needs the package bubblewrap");
    assumeTrue(
        Files.exists(Path.of("/usr/bin/qemu-system-x86_64")),
        "SKIPPED: needs the package qemu-system-x86");
    assumeTrue(Files.exists(AcceleratorProbe.BLANK_VARIABLES), "SKIPPED: needs the package ovmf");
  }

  private static WorkerPlan plan(Descriptor variables) {
    return plan(variables, false);
  }

  private static WorkerPlan plan(Descriptor variables, boolean console) {
    return new WorkerPlan(
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
  }

  private static WorkerPlan plan(Descriptor variables, Optional<Descriptor> net, MacAddress mac) {
    return new WorkerPlan(
        "test",
        Accelerator.TCG,
        1,
        256,
        variables,
        List.of(),
        Optional.empty(),
        net.map(end -> new WorkerPlan.Link.Stream(end, mac)),
        false,
        false);
  }

  private static Descriptor blankVariables() throws IOException {
    Descriptor variables = Descriptor.memory("variables");
    variables.write(Files.readAllBytes(AcceleratorProbe.BLANK_VARIABLES));
    return variables;
  }

  @Test
  void givenFirmwareAndNoDiskWhenStartedThenItRunsAndEndsWhenTold() throws Exception {
    try (Descriptor variables = blankVariables();
        Worker worker = Worker.start(plan(variables))) {
      assertThat(worker.status()).isEqualTo("prelaunch");
      worker.proceed();
      assertThat(worker.status()).isEqualTo("running");
      worker.pause();
      assertThat(worker.status()).isEqualTo("paused");
      worker.quit();
      assertThat(worker.await(SOON)).isTrue();
      assertThat(worker.exit().get()).isZero();
      assertThat(worker.shutdownReason()).isEqualTo("host-qmp-quit");
    }
  }

  @Test
  void givenARunningWorkerWhenQemuItselfIsKilledThenItsEndIsSeen() throws Exception {
    try (Descriptor variables = blankVariables();
        Worker worker = Worker.start(plan(variables))) {
      long qemu = qemu(worker);
      ChildProcess.start(List.of("/bin/kill", "-9", "" + qemu), java.util.Map.of(), List.of());
      assertThat(worker.await(SOON)).isTrue();
      assertThatThrownBy(worker::status).isInstanceOf(IOException.class);
    }
  }

  @Test
  void givenARunningWorkerThenItsProcessShowsNoPathOfTheVmAndHasNoNetwork() throws Exception {
    try (Descriptor variables = blankVariables();
        Worker worker = Worker.start(plan(variables))) {
      Path qemu = Path.of("/proc/" + qemu(worker));
      assertThat(Files.readString(qemu.resolve("environ")).replace("\0", "\n").lines())
          .allMatch(line -> line.startsWith("PWD="));
      assertThat(Files.readAllLines(qemu.resolve("net/dev"))).hasSize(3);
      assertThat(Files.readAllLines(qemu.resolve("status")))
          .anyMatch(line -> line.matches("CapEff:\\s+0{16}"))
          .anyMatch(line -> line.matches("NoNewPrivs:\\s+1"))
          .anyMatch(line -> line.matches("Seccomp:\\s+2"));
      assertThat(Files.exists(qemu.resolve("root/etc"))).isFalse();
      assertThat(Files.exists(qemu.resolve("root/bin/sh"))).isFalse();
      assertThat(Files.exists(qemu.resolve("root/usr/bin/sh"))).isFalse();
    }
  }

  @Test
  void givenANetworkThenTheCardHasItsVmsOwnAddress() throws Exception {
    MacAddress mac = MacAddress.of(new UUID(1, 2));
    UnixSocket.Pair pair = UnixSocket.pair();
    try (Descriptor variables = blankVariables();
        UnixSocket there = pair.there();
        Worker worker = Worker.start(plan(variables, Optional.of(there.descriptor()), mac))) {
      assertThat(Files.readString(Path.of("/proc/" + qemu(worker) + "/cmdline")))
          .contains("virtio-net-pci,", ",mac=" + mac + "\0");
      assertThat(worker.status()).isEqualTo("prelaunch");
      pair.here().close();
    }
  }

  @Test
  void givenAPlanThatQemuRefusesWhenStartedThenItsWordsAreInTheReason() throws Exception {
    try (Descriptor variables = Descriptor.memory("empty")) {
      assertThatThrownBy(() -> Worker.start(plan(variables)))
          .isInstanceOf(WorkerException.class)
          .hasMessageContaining("the worker did not start")
          .hasMessageContaining("qemu-system-x86_64");
    }
  }

  @Test
  void givenThisMachineWhenProbedThenTheAnswerHasAReason() {
    AcceleratorProbe.Result result = AcceleratorProbe.run();
    assertThat(result.why()).isNotBlank();
    if (!Files.exists(Path.of("/dev/kvm"))) {
      assertThat(result.accelerator()).isEqualTo(Accelerator.TCG);
    }
  }

  @Test
  void givenAConsoleWhenTheSerialLineIsConnectedThenTheFirmwareIsHeardAndTheLaterOneTakesOver()
      throws Exception {
    try (Descriptor variables = blankVariables();
        Worker worker = Worker.start(plan(variables, true))) {
      worker.proceed();
      UnixSocket.Pair first = UnixSocket.pair();
      worker.connectSerial(first.there());
      assertThat(heard(first.here(), "BdsDxe")).contains("BdsDxe");
      UnixSocket.Pair second = UnixSocket.pair();
      worker.connectSerial(second.there());
      assertThat(heard(second.here(), "BdsDxe")).as("what was said before").contains("BdsDxe");
      byte[] rest = new byte[64 * 1024];
      int count;
      do {
        assertThat(first.here().awaitReadable(SOON)).isTrue();
        count = first.here().receiveSome(rest, 0, rest.length);
      } while (count > 0);
      first.here().close();
      second.here().close();
      assertThat(worker.status()).as("a reader that has gone").isEqualTo("running");
    }
  }

  @Test
  void givenAConsoleWhenAViewerIsHandedInThenItSpeaksRfbAndThereIsNoOtherWay() throws Exception {
    try (Descriptor variables = blankVariables();
        Worker worker = Worker.start(plan(variables, true))) {
      for (int viewer = 0; viewer < 2; viewer++) {
        UnixSocket.Pair pair = UnixSocket.pair();
        worker.showScreen(pair.there().descriptor());
        pair.there().close();
        assertThat(new String(pair.here().receive(12, SOON), StandardCharsets.US_ASCII))
            .isEqualTo("RFB 003.008\n");
        pair.here().close();
      }
      long qemu = qemu(worker);
      assertThat(Files.readAllLines(Path.of("/proc/" + qemu + "/net/unix")).stream().skip(1))
          .as("sockets with a name, in its network")
          .noneMatch(line -> line.strip().split("\\s+", -1).length > 7);
      assertThat(Files.readAllLines(Path.of("/proc/" + qemu + "/net/tcp"))).hasSize(1);
    }
  }

  @Test
  void givenNoConsoleThenTheMachineHasNoneAndNobodyGetsOne() throws Exception {
    try (Descriptor variables = blankVariables();
        Worker worker = Worker.start(plan(variables, false))) {
      UnixSocket.Pair pair = UnixSocket.pair();
      assertThatThrownBy(() -> worker.connectSerial(pair.there()))
          .isInstanceOf(WorkerException.class);
      assertThatThrownBy(() -> worker.showScreen(pair.there().descriptor()))
          .isInstanceOf(WorkerException.class);
      pair.here().close();
      pair.there().close();
      assertThat(Files.readString(Path.of("/proc/" + qemu(worker) + "/cmdline")).replace('\0', ' '))
          .contains("-serial none", "-display none", "-vga none")
          .doesNotContain("vnc", "serial=", "isa-serial", "bochs");
    }
  }

  private static String heard(UnixSocket terminal, String wanted) throws IOException {
    StringBuilder heard = new StringBuilder();
    byte[] buffer = new byte[4096];
    while (!heard.toString().contains(wanted)) {
      assertThat(terminal.awaitReadable(SOON)).as("heard so far: " + heard).isTrue();
      int count = terminal.receiveSome(buffer, 0, buffer.length);
      assertThat(count).as("heard so far: " + heard).isPositive();
      heard.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
    }
    return heard.toString();
  }

  private static long qemu(Worker worker) {
    return ProcessHandle.of(worker.pid())
        .orElseThrow()
        .descendants()
        .filter(p -> p.info().command().orElse("").endsWith("qemu-system-x86_64"))
        .findFirst()
        .orElseThrow()
        .pid();
  }
}
