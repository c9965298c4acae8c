package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.protector.Lease;
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
  private static final String CANARY = "canary-" + UUID.randomUUID();

  private static final Set<String> WORKERS =
      Set.of("worker-sandbox", "worker-monitor", "worker-devices", "worker-no-dump");

  @TempDir static Path folder;

  private TestVm vm;

  @BeforeAll
  void prepare() throws Exception {
    vm = new TestVm(folder, "#!/bin/sh\necho " + CANARY + " > /srv/www/secret\n");
  }

  @AfterAll
  void end() {
    if (vm != null) {
      vm.close();
    }
  }

  @Test
  @Order(1)
  void givenATemplateWithOneAlteredByteWhenProvisionedThenItIsRefusedAndNoDiskIsLeft()
      throws Exception {
    Path altered = folder.resolve("altered.img");
    Files.copy(vm.template(), altered);
    try (var channel =
        java.nio.channels.FileChannel.open(altered, java.nio.file.StandardOpenOption.WRITE)) {
      channel.write(
          java.nio.ByteBuffer.wrap(new byte[] {1}), Files.size(vm.template()) - (20 << 20));
    }
    Path into = vm.host().newVmDirectory("vm-altered");
    assertThat(vm.provision(into, altered))
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("template-block-differs"));
    assertThat(into.resolve("disk.img")).doesNotExist();
    assertThat(into.resolve("state")).doesNotExist();
  }

  @Test
  @Order(2)
  void givenTheTemplateWhenProvisionedThenTheDirectoryIsWhole() throws Exception {
    vm.provision();
    assertThat(vm.protector().generation()).isEqualTo(1);
    assertThat(vm.protector().vm()).contains(vm.id());
    assertThat(vm.directory().resolve("disk.img")).isRegularFile();
    assertThat(vm.directory().resolve("seed.img")).isRegularFile();
    assertThat(vm.directory().resolve("state/uefi.vars")).isRegularFile();
    assertThat(vm.directory().resolve("state/vtpm/tpm2-00.permall")).isRegularFile();
    assertThat(vm.provision(vm.directory(), vm.template()))
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("directory-not-empty"));
  }

  @Test
  @Order(3)
  void givenTheVmWhenStartedThenItServesTheOwnersSecretFromItsEncryptedDisk() throws Exception {
    int port = vm.start();
    assertThat(vm.fetch(port, "/secret").strip()).isEqualTo(CANARY);
    assertThat(vm.fetch(port, "/health"))
        .contains("\"secureBoot\":true")
        .contains("\"lockdown\":\"confidentiality\"")
        .contains("\"rootCipher\":\"aes-xts-plain64\"")
        .contains("\"seedCipher\":\"aes-xts-plain64\"");
    assertThat(vm.ask(new Request.Prepare(Request.Purpose.START, vm.protector().toJson())))
        .isInstanceOf(Answer.Prepared.class);
    assertAlreadyRunning();
    assertItsProcessesAreAsMeant();
    assertNothingSecretOutside();
    assertThat(vm.ask(new Request.Stop(vm.id(), Request.How.POWERDOWN, 60)))
        .isInstanceOfSatisfying(
            Answer.Stopped.class, stopped -> assertThat(stopped.how()).isEqualTo("guest-shutdown"));
    assertThat(vm.state()).isEqualTo("stopped");
  }

  private void assertItsProcessesAreAsMeant() throws Exception {
    var status = (Answer.EnclaveStatus) vm.ask(new Request.Status(Optional.empty()));
    if (ThisProcess.uid() == 0) {
      assertThat(status.protections())
          .filteredOn(each -> each.name().equals("worker-own-user"))
          .allSatisfy(each -> assertThat(each.on()).as(each.toString()).isTrue())
          .hasSize(1);
    }
    assertThat(status.protections())
        .filteredOn(each -> WORKERS.contains(each.name()))
        .hasSize(WORKERS.size())
        .allSatisfy(each -> assertThat(each.on()).as(each.toString()).isTrue());
  }

  private void assertAlreadyRunning() throws Exception {
    assertThat(vm.startCode(Request.Saved.USE)).isEqualTo("already-running");
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
    vm.start();
    vm.kill("qemu-system-x86_64");
    vm.awaitState("failed");
    vm.start();
    vm.kill("swtpm");
    vm.awaitState("failed");
    assertThat(vm.status().reason().orElseThrow()).contains("vTPM");
    vm.start();
    List<ProcessHandle> parts = new ArrayList<>(vm.running("qemu-system-x86_64"));
    parts.addAll(vm.running("swtpm"));
    assertThat(parts).hasSize(2);
    vm.host().reboot();
    for (ProcessHandle part : parts) {
      part.onExit().get(20, TimeUnit.SECONDS); // they end with the enclave
    }
    int port = vm.start();
    assertThat(vm.fetch(port, "/secret").strip()).isEqualTo(CANARY);
    assertThat(vm.ask(new Request.Stop(vm.id(), Request.How.KILL, 0)))
        .isInstanceOf(Answer.Stopped.class);
  }

  @Test
  @Order(5)
  void givenAnUnfinishedGenerationWhenStartedThenTheCommittedOneCounts() throws Exception {
    long generation = vm.protector().generation();
    Path unfinished = Files.createDirectory(vm.directory().resolve("state." + (generation + 1)));
    Files.writeString(unfinished.resolve("protector.json"), "half a prot");
    vm.host().giveToEnclave(unfinished);
    vm.start();
    assertThat(vm.protector().generation()).isEqualTo(generation + 1);
    assertThat(vm.directory().resolve("state." + generation)).doesNotExist();
    vm.ask(new Request.Stop(vm.id(), Request.How.KILL, 0));
  }

  @Test
  @Order(6)
  void givenAlteredStateWhenStartedThenItIsRefusedAndTheOldGenerationStays() throws Exception {
    long generation = vm.protector().generation();
    for (String name : List.of("uefi.vars", "keys", "vtpm/tpm2-00.permall")) {
      Path file = vm.directory().resolve("state").resolve(name);
      byte[] genuine = Files.readAllBytes(file);
      byte[] altered = genuine.clone();
      altered[altered.length / 2] ^= 1;
      Files.write(file, altered);
      assertThat(vm.startCode(Request.Saved.USE)).isEqualTo("vm-state-altered");
      assertThat(vm.protector().generation()).isEqualTo(generation);
      Files.write(file, genuine);
    }
  }

  @Test
  @Order(9)
  void givenAFullDiskWhenStartedThenItIsRefusedAndStartsOnceThereIsRoom() throws Exception {
    assumeTrue(ThisProcess.uid() == 0, "SKIPPED: needs root to mount a small file system");
    Path small = vm.host().newVmDirectory("small");
    TestVm.run("mount", "-t", "tmpfs", "-o", "size=200m,mode=0755", "tmpfs", small.toString());
    Path original = vm.directory();
    try {
      TestVm.run(
          "cp", "-a", "--sparse=always", original.toString(), small.resolve("vm").toString());
      vm.movedTo(small.resolve("vm"));
      Path filler = small.resolve("filler");
      new ProcessBuilder("dd", "if=/dev/zero", "of=" + filler, "bs=64k").start().waitFor();
      long generation = vm.protector().generation();
      assertThat(vm.startCode(Request.Saved.USE)).isEqualTo("no-space");
      assertThat(vm.protector().generation()).isEqualTo(generation);
      Files.delete(filler);
      vm.start();
      assertThat(vm.protector().generation()).isEqualTo(generation + 1);
      vm.ask(new Request.Stop(vm.id(), Request.How.KILL, 0));
    } finally {
      vm.movedTo(original);
      TestVm.run("umount", small.toString());
    }
  }

  @Test
  @Order(7)
  void givenAnOlderStateOfTheSameGenerationWhenStartedThenItIsNotTheLast() throws Exception {
    int port = vm.start();
    Path older = folder.resolve("older");
    TestVm.run(
        "cp",
        "-a",
        vm.directory().toRealPath().resolve("state").toRealPath().toString(),
        "" + older);
    assertThat(vm.fetch(port, "/secret").strip()).isEqualTo(CANARY);
    vm.ask(new Request.Stop(vm.id(), Request.How.POWERDOWN, 60));
    Path last = vm.directory().resolve("state").toRealPath();
    Path kept = folder.resolve("last");
    TestVm.run("mv", "" + last, "" + kept);
    TestVm.run("cp", "-a", "" + older, "" + last);
    assertThat(vm.startCode(Request.Saved.USE)).isEqualTo("state-not-the-last");
    TestVm.run("rm", "-r", "" + last);
    TestVm.run("mv", "" + kept, "" + last);
    vm.start();
  }

  @Test
  @Order(8)
  void givenARunningVmWhenItsLeaseIsOverThenItWaitsAndWhenItRunsElsewhereItEnds() throws Exception {
    var keys = (Answer.EnclaveKeys) vm.host().client().ask(new Request.Keys());
    assertThat(vm.lease(Lease.Standing.HELD, Duration.ofSeconds(1)).standing()).isEqualTo("held");
    vm.awaitState("paused");
    var reported = (Answer.Reported) vm.ask(new Request.Report(vm.id()));
    JsonNode good =
        vm.service()
            .lease(reported.report(), keys.keys(), Lease.Standing.HELD, Duration.ofHours(1));
    JsonNode forged =
        new TestService(vm.host().released())
            .lease(reported.report(), keys.keys(), Lease.Standing.HELD, Duration.ofHours(1));
    assertThat(((Answer.Refused) vm.ask(new Request.Leased(vm.id(), forged))).code())
        .isEqualTo("foreign-signature");
    assertThat(vm.state()).isEqualTo("paused");
    vm.ask(new Request.Leased(vm.id(), good));
    assertThat(vm.state()).isEqualTo("running");
    assertThat(((Answer.Refused) vm.ask(new Request.Leased(vm.id(), good))).code())
        .isEqualTo("lease-not-asked-for");

    vm.lease(Lease.Standing.ELSEWHERE, Duration.ZERO);
    vm.awaitState("failed");
    assertThat(vm.status().reason().orElseThrow()).contains("another host");
  }
}
