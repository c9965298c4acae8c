package org.shieldwall.host.vm.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.protector.ProtectorException;

class BackupPlaceTest {
  private static final UUID VM = new UUID(1, 2);
  private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");
  private static final int MIB = 1 << 20;

  @TempDir Path temporary;
  private Path vm;
  private BackupPlace place;

  @BeforeEach
  void aVmWithHolesAndLeftovers() throws Exception {
    vm = Files.createDirectory(temporary.resolve("web"));
    place = new BackupPlace(temporary.resolve("backups"));
    Files.writeString(vm.resolve("vm.json"), "{}");
    try (RandomAccessFile disk = new RandomAccessFile(vm.resolve("disk.img").toFile(), "rw")) {
      byte[] block = new byte[MIB];
      new Random(7).nextBytes(block);
      disk.write(block);
      disk.seek(5 * MIB + 17);
      disk.write(1);
      disk.setLength(9 * MIB + 5);
    }
    Files.createDirectories(vm.resolve("state.3/vtpm"));
    Files.writeString(vm.resolve("state.3/uefi.vars"), "variables");
    Files.writeString(vm.resolve("state.3/vtpm/tpm2-00.permall"), "tpm");
    Files.writeString(vm.resolve("state.3/memory.new"), "half");
    Files.createDirectories(vm.resolve("state.2"));
    Files.writeString(vm.resolve("state.2/uefi.vars"), "old");
    Files.createSymbolicLink(vm.resolve("state"), Path.of("state.3"));
  }

  private BackupPlace.Made add(int minute) throws IOException {
    return place.add(vm, VM, "web", 3, false, NOON.plusSeconds(60L * minute), (done, total) -> {});
  }

  private Path extracted(BackupManifest backup, String name) throws IOException {
    Path into = Files.createDirectory(temporary.resolve(name));
    place.extract(backup, into, (done, total) -> {});
    return into;
  }

  @Test
  void givenAVmWhenBackedUpAndExtractedThenItIsTheSameWithoutLeftovers() throws Exception {
    BackupManifest made = add(0).manifest();
    assertThat(made.id()).isEqualTo("20260131T120000.000Z");
    assertThat(place.list()).containsExactly(made);
    Path back = extracted(made, "back");
    try (Stream<Path> files = Files.walk(back)) {
      assertThat(files.map(each -> back.relativize(each).toString()))
          .containsExactlyInAnyOrder(
              "",
              "vm.json",
              "disk.img",
              "state",
              "state.3",
              "state.3/uefi.vars",
              "state.3/vtpm",
              "state.3/vtpm/tpm2-00.permall");
    }
    for (String each :
        List.of("vm.json", "disk.img", "state/uefi.vars", "state/vtpm/tpm2-00.permall")) {
      assertThat(back.resolve(each)).hasSameBinaryContentAs(vm.resolve(each));
    }
    assertThat(Files.readSymbolicLink(back.resolve("state"))).hasToString("state.3");
  }

  @Test
  void givenOneChangedBlockWhenBackedUpAgainThenOnlyThatIsAdded() throws Exception {
    long first = add(0).added();
    assertThat(first).isLessThan(3 * MIB); // holes take no room
    assertThat(add(1).added()).isZero();
    try (RandomAccessFile disk = new RandomAccessFile(vm.resolve("disk.img").toFile(), "rw")) {
      disk.seek(3 * MIB);
      disk.write(1);
    }
    assertThat(add(2).added()).isEqualTo(MIB);
    assertThat(extracted(place.list().getFirst(), "old").resolve("disk.img"))
        .satisfies(
            old -> assertThat(Files.mismatch(old, vm.resolve("disk.img"))).isEqualTo(3 * MIB));
  }

  @Test
  void givenADamagedOrMissingBlockWhenExtractedThenItIsNamed() throws Exception {
    BackupManifest made = add(0).manifest();
    Path block;
    try (Stream<Path> blocks = Files.walk(temporary.resolve("backups/blocks"))) {
      block =
          blocks
              .filter(each -> each.toFile().length() == MIB && Files.isRegularFile(each))
              .findFirst()
              .orElseThrow();
    }
    byte[] genuine = Files.readAllBytes(block);
    byte[] altered = genuine.clone();
    altered[77] ^= 1;
    Files.write(block, altered);
    assertThatThrownBy(() -> extracted(made, "altered"))
        .isInstanceOf(BackupPlace.DamagedException.class)
        .hasMessageContaining("disk.img")
        .hasMessageContaining("damaged");
    Files.delete(block);
    assertThatThrownBy(() -> extracted(made, "missing"))
        .isInstanceOf(BackupPlace.DamagedException.class)
        .hasMessageContaining("missing");
    // A new backup mends it.
    assertThat(add(1).added()).isEqualTo(MIB);
    extracted(made, "mended");
  }

  @Test
  void givenThreeBackupsWhenOneIsKeptThenItIsWholeAndTheOthersBlocksAreGone() throws Exception {
    add(0);
    Files.writeString(vm.resolve("state.3/uefi.vars"), "other variables");
    add(1);
    Files.writeString(vm.resolve("state.3/uefi.vars"), "newest variables");
    BackupManifest last = add(2).manifest();
    BackupPlace.Pruning plan = place.plan(VM, 1);
    assertThat(plan.backups()).hasSize(2);
    assertThat(plan.blocks()).hasSize(2);
    assertThat(place.plan(new UUID(3, 4), 1).backups()).as("another VM's").isEmpty();
    place.prune(plan);
    assertThat(place.list()).containsExactly(last);
    assertThat(extracted(last, "last").resolve("state/uefi.vars")).hasContent("newest variables");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../outside",
        "/etc/passwd",
        "state.3/../../x",
        "a//b",
        ".hidden",
        "a/b/c/d/e",
        ""
      })
  void givenAManifestThatNamesAnotherPlaceWhenReadThenItIsRefused(String path) throws Exception {
    BackupManifest made = add(0).manifest();
    Path file = temporary.resolve("backups/backups/" + made.id() + ".json");
    Files.writeString(file, Files.readString(file).replace("\"vm.json\"", '"' + path + '"'));
    assertThatThrownBy(place::list).isInstanceOf(ProtectorException.class);
  }

  @Test
  void givenAManifestWithFewerBlocksThanItsFileHasWhenReadThenItIsRefused() {
    String manifest =
        "{\"format\":\"shieldwall-backup-1\",\"id\":\"20260131T120000.000Z\",\"vm\":\""
            + VM
            + "\",\"name\":\"web\",\"generation\":3,\"saved\":false,\"created\":\"2026-01-31T12:00:00Z\","
            + "\"files\":[{\"path\":\"disk.img\",\"bytes\":2097152,\"blocks\":[\"zeros\"]}]}";
    assertThatThrownBy(() -> BackupManifest.parse(manifest.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(ProtectorException.class);
  }
}
