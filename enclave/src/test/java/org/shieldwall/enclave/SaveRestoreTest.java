package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.UUID;
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

/**
 * A guest that counts in its memory is saved and goes on: on real parts, with what goes wrong on
 * the way, and with what somebody who owns the disk would try.
 */
@Timeout(600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SaveRestoreTest {
  private static final String CANARY = "canary-" + UUID.randomUUID();

  // The count lies in the shell's memory only; what it was is told on a page.
  private static final String COUNTER =
      "#!/bin/sh\n"
          + "(canary="
          + CANARY
          + "; n=0; while :; do n=$((n+1)); echo $n > /tmp/count; cp /tmp/count /srv/www/count;"
          + " sleep 1; done) > /dev/null 2>&1 &\n";

  @TempDir static Path folder;

  private TestVm vm;
  private int counted;
  private int started;

  @BeforeAll
  void prepare() throws Exception {
    vm = new TestVm(folder, COUNTER);
    vm.provision();
  }

  @AfterAll
  void end() {
    if (vm != null) {
      vm.close();
    }
  }

  private int count(int port) throws Exception {
    return Integer.parseInt(vm.fetch(port, "/count").strip());
  }

  private void save() throws Exception {
    Answer.Final answer = vm.ask(new Request.Save(vm.id()));
    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Saved.class, saved -> assertThat(saved.bytes()).isGreaterThan(20 << 20));
    assertThat(vm.state()).isEqualTo("saved");
    assertThat(vm.running("qemu-system-x86_64")).isEmpty();
  }

  @Test
  @Order(1)
  void givenACountingGuestWhenSavedAndStartedThenItGoesOnCounting() throws Exception {
    int port = vm.start();
    int before = count(port);
    assertThat(vm.startCode(Request.Saved.REQUIRE)).isEqualTo("already-running");
    save();
    assertThat(vm.directory().resolve("state/memory")).isRegularFile();
    assertNoPlainCanary(vm.directory().resolve("state/memory"));
    int again = vm.start();
    counted = count(again);
    assertThat(counted).as("it goes on from %d", before).isGreaterThanOrEqualTo(before);
    assertThat(vm.directory().resolve("state/memory")).doesNotExist();
  }

  private static void assertNoPlainCanary(Path file) throws Exception {
    String all = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    assertThat(all).doesNotContain(CANARY);
  }

  @Test
  @Order(2)
  void givenASavedVmWhenTheMachineIsLostBeforeItsFirstLeaseThenItGoesOnAtTheNextStart()
      throws Exception {
    save();
    // Its generation is rolled and its memory loaded, but nobody has let it run.
    assertThat(vm.startCode(Request.Saved.REQUIRE)).contains("resumed=true");
    assertThat(vm.state()).isEqualTo("paused");
    vm.host().reboot();
    assertThat(vm.directory().resolve("state/memory")).isRegularFile();
    int before = counted;
    counted = count(vm.start());
    assertThat(counted).isGreaterThanOrEqualTo(before);
  }

  @Test
  @Order(3)
  void givenMemoryThatWasGoneOnFromWhenPutBackThenItIsNotUsedAgain() throws Exception {
    save();
    Path kept = folder.resolve("kept-memory");
    TestVm.run("cp", "-a", vm.directory().resolve("state/memory").toString(), kept.toString());
    int port = vm.start();
    int last = count(port);
    vm.ask(new Request.Stop(vm.id(), Request.How.KILL, 0));
    TestVm.run("cp", "-a", kept.toString(), vm.directory().toRealPath() + "/state/memory");
    assertThat(vm.startCode(Request.Saved.REQUIRE)).isEqualTo("not-saved");
    // It starts from its disk, as a machine that lost its power.
    assertThat(vm.start()).isPositive();
    assertThat(vm.directory().resolve("state/memory")).doesNotExist();
    assertThat(last).isGreaterThanOrEqualTo(counted);
    vm.ask(new Request.Stop(vm.id(), Request.How.KILL, 0));
  }

  @Test
  @Order(4)
  void givenAlteredTruncatedAndForeignMemoryWhenStartedThenItIsRefusedAndNothingIsLost()
      throws Exception {
    // A guest that no longer counts (its script ran once) still has memory.
    int port = vm.start();
    vm.fetch(port, "/health");
    save();
    Path memory = vm.directory().resolve("state/memory");
    long length = Files.size(memory);
    long generation = vm.protector().generation();

    flip(memory, 100); // the commitment to its key
    assertThat(vm.startCode(Request.Saved.USE)).isEqualTo("saved-state-altered");
    flip(memory, 100);
    assertThat(vm.protector().generation())
        .as("refused before it was rolled")
        .isEqualTo(generation);

    Path aside = folder.resolve("aside");
    Files.move(memory.toRealPath(), aside);
    assertThat(vm.startCode(Request.Saved.USE)).isEqualTo("saved-state-missing");
    Files.move(aside, vm.directory().toRealPath().resolve("state").resolve("memory"));

    flip(memory, length / 2);
    assertThat(vm.startCode(Request.Saved.USE)).isEqualTo("saved-state-altered");
    flip(memory, length / 2);

    try (FileChannel channel = FileChannel.open(memory, StandardOpenOption.WRITE)) {
      ByteBuffer tail = ByteBuffer.allocate(16);
      try (FileChannel in = FileChannel.open(memory, StandardOpenOption.READ)) {
        in.read(tail, length - 16);
      }
      channel.truncate(length - 16);
      assertThat(vm.startCode(Request.Saved.USE)).isEqualTo("saved-state-altered");
      channel.write(tail.flip(), length - 16);
    }
    started = vm.start();
    assertThat(vm.fetch(started, "/health")).contains("secureBoot");
  }

  private static void flip(Path file, long at) throws Exception {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, at);
      one.put(0, (byte) (one.get(0) ^ 1));
      channel.write(one.rewind(), at);
    }
  }

  @Test
  @Order(9)
  void givenAFullDiskWhenSavedThenTheGuestGoesOnAndNothingIsLeft() throws Exception {
    assumeTrue(ThisProcess.uid() == 0, "SKIPPED: needs root to mount a small file system");
    vm.ask(new Request.Stop(vm.id(), Request.How.KILL, 0));
    Path small = vm.host().newVmDirectory("small");
    TestVm.run("mount", "-t", "tmpfs", "-o", "size=170m,mode=0755", "tmpfs", small.toString());
    Path original = vm.directory();
    try {
      Path moved = small.resolve("vm");
      TestVm.run("cp", "-a", "--sparse=always", original.toString(), moved.toString());
      vm.movedTo(moved);
      int port = vm.start();
      vm.fetch(port, "/health");
      assertThat(vm.ask(new Request.Save(vm.id())))
          .isInstanceOfSatisfying(
              Answer.Refused.class,
              refused -> assertThat(refused.code()).as(refused.detail()).isEqualTo("no-space"));
      assertThat(vm.state()).isEqualTo("running");
      assertThat(vm.fetch(port, "/health")).contains("secureBoot");
      assertThat(moved.resolve("state/memory.new")).doesNotExist();
      vm.ask(new Request.Stop(vm.id(), Request.How.KILL, 0));
    } finally {
      vm.movedTo(original);
      TestVm.run("umount", "--lazy", small.toString());
    }
  }

  @Test
  @Order(6)
  void givenASavedVmWhenItsMemoryIsGivenUpThenItBootsAndTheMemoryIsGone() throws Exception {
    vm.awaitState("running");
    String before = vm.fetch(started, "/health");
    save();
    int again = vm.start(Request.Saved.DISCARD, new Request.Definition("test", 1, 512));
    assertThat(vm.fetch(again, "/health")).isNotEqualTo(before);
    assertThat(vm.directory().resolve("state/memory")).doesNotExist();
  }

  @Test
  @Order(7)
  void givenAGuestThatWaitsForItsLeaseWhenSavedThenThatIsRefused() throws Exception {
    assertThat(vm.lease(Lease.Standing.HELD, Duration.ofSeconds(1)).standing()).isEqualTo("held");
    vm.awaitState("paused");
    assertThat(vm.ask(new Request.Save(vm.id())))
        .isInstanceOfSatisfying(
            Answer.Refused.class, refused -> assertThat(refused.code()).isEqualTo("not-savable"));
    assertThat(vm.ask(new Request.Save(UUID.randomUUID())))
        .isInstanceOfSatisfying(
            Answer.Refused.class, refused -> assertThat(refused.code()).isEqualTo("not-running"));
  }
}
