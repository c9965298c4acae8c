package org.shieldwall.enclave.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
