package org.shieldwall.enclave.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;

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
    return new WorkerPlan(
        "test", Accelerator.TCG, 1, 256, variables, List.of(), Optional.empty(), Optional.empty());
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
      assertThat(worker.status()).isEqualTo("running");
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
      long qemu =
          ProcessHandle.of(worker.pid())
              .orElseThrow()
              .descendants()
              .filter(p -> p.info().command().orElse("").endsWith("qemu-system-x86_64"))
              .findFirst()
              .orElseThrow()
              .pid();
      ChildProcess.start(List.of("/bin/kill", "-9", "" + qemu), java.util.Map.of(), List.of());
      assertThat(worker.await(SOON)).isTrue();
      assertThatThrownBy(worker::status).isInstanceOf(IOException.class);
    }
  }

  @Test
  void givenARunningWorkerThenItsProcessShowsNoPathOfTheVmAndHasNoNetwork() throws Exception {
    try (Descriptor variables = blankVariables();
        Worker worker = Worker.start(plan(variables))) {
      Path qemu =
          Path.of(
              "/proc/"
                  + ProcessHandle.of(worker.pid())
                      .orElseThrow()
                      .descendants()
                      .filter(p -> p.info().command().orElse("").endsWith("qemu-system-x86_64"))
                      .findFirst()
                      .orElseThrow()
                      .pid());
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
}
