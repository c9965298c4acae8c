package org.shieldwall.enclave.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.SystemCallException;

class VmDirectoryTest {
  @TempDir Path folder;

  @Test
  void givenTwoGenerationsWhenTheSecondIsNotCommittedThenTheFirstIsCurrentAndTheRestIsSwept()
      throws Exception {
    VmDirectory directory = new VmDirectory(folder);
    directory.commit(directory.begin(1));
    VmDirectory.Generation second = directory.begin(2);
    Files.writeString(second.protector(), "half");
    Files.writeString(folder.resolve("uefi.vars.new"), "half");
    Files.createSymbolicLink(folder.resolve("state.link"), Path.of("state.2"));

    directory.sweep();

    assertThat(directory.current().folder()).isEqualTo(folder.resolve("state.1"));
    assertThat(folder).isDirectoryNotContaining("glob:**/{state.2,state.link,uefi.vars.new}");
  }

  @Test
  void givenACommitWhenItIsDoneThenTheLinkNamesTheNewGeneration() throws Exception {
    VmDirectory directory = new VmDirectory(folder);
    directory.commit(directory.begin(1));
    directory.commit(directory.begin(2));
    assertThat(Files.readSymbolicLink(folder.resolve("state"))).hasToString("state.2");
    directory.sweep();
    assertThat(folder.resolve("state.1")).doesNotExist();
  }

  @Test
  void givenALinkElsewhereWhenReadThenItIsRefused() throws Exception {
    Files.createDirectory(folder.resolve("elsewhere"));
    for (String target : new String[] {"/etc", "../state.1", "elsewhere", "state.0", "state.x"}) {
      Files.deleteIfExists(folder.resolve("state"));
      Files.createSymbolicLink(folder.resolve("state"), Path.of(target));
      assertThatThrownBy(() -> new VmDirectory(folder).current())
          .isInstanceOf(AlteredException.class)
          .hasMessageContaining("no generation");
    }
  }

  @Test
  void givenADiskThatIsALinkToWhatTheEnclaveHasOpenWhenOpenedThenItIsRefused() throws Exception {
    VmDirectory directory = new VmDirectory(folder);
    try (Descriptor variables = Descriptor.memory("uefi-variables")) {
      Files.createSymbolicLink(directory.disk(), variables.path());
      assertThatThrownBy(() -> VmDirectory.open(directory.disk()))
          .isInstanceOf(AlteredException.class)
          .hasMessageContaining("symbolic link");
    }
    Files.createDirectory(directory.seed());
    assertThatThrownBy(() -> VmDirectory.open(directory.seed()))
        .isInstanceOf(AlteredException.class);
    Files.delete(directory.disk());
    assertThatThrownBy(() -> VmDirectory.open(directory.disk()))
        .isInstanceOf(AlteredException.class)
        .hasMessageContaining("no such file");
    Files.writeString(directory.disk(), "bytes");
    try (Descriptor disk = VmDirectory.open(directory.disk())) {
      assertThat(Files.readString(disk.path())).isEqualTo("bytes");
    }
  }

  @Test
  void givenAFolderThatIsALinkWhenOpenedThenItIsRefused() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("vtpm"), Path.of("/"));
    assertThatThrownBy(() -> Descriptor.open(link, Descriptor.Access.DIRECTORY).close())
        .isInstanceOf(SystemCallException.class);
  }

  @Test
  void givenADiskThatIsAPipeWhenOpenedThenItIsRefused() throws Exception {
    Path pipe = folder.resolve("disk.img");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> VmDirectory.open(pipe)).hasMessageContaining("is no file");
  }

  @Test
  void givenALinkToALinkWhenReadThenItIsRefused() throws Exception {
    Files.createSymbolicLink(folder.resolve("state.1"), Path.of("/etc"));
    Files.createSymbolicLink(folder.resolve("state"), Path.of("state.1"));
    assertThatThrownBy(() -> new VmDirectory(folder).current())
        .isInstanceOf(AlteredException.class);
  }

  @Test
  void givenAnEmptyDirectoryWhenReadThenItIsNoVm() {
    assertThatThrownBy(() -> new VmDirectory(folder).current())
        .isInstanceOf(AlteredException.class)
        .hasMessageContaining("not a VM");
  }

  @Test
  void givenALinkInAFolderWhenTheFolderIsDeletedThenWhatItNamesStays() throws Exception {
    Path outside = Files.writeString(folder.resolve("outside"), "kept");
    Path inside = Files.createDirectory(folder.resolve("inside"));
    Files.createSymbolicLink(inside.resolve("link"), outside);
    DurableFiles.delete(inside);
    assertThat(inside).doesNotExist();
    assertThat(outside).hasContent("kept");
  }

  @Test
  void givenAFileLongerThanAllowedWhenReadThenItIsRefused() throws Exception {
    Path file = Files.write(folder.resolve("file"), new byte[11]);
    assertThat(DurableFiles.read(file, 11)).hasSize(11);
    assertThatThrownBy(() -> DurableFiles.read(file, 10)).isInstanceOf(AlteredException.class);
  }
}
