package org.shieldwall.host.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.host.AgentException;
import org.shieldwall.protector.ProtectorException;

class VmStoreTest {
  @TempDir Path root;

  private static VmDefinition definition(String name) {
    return new VmDefinition(
        name,
        UUID.randomUUID(),
        2,
        512,
        new GuestNetwork.Shared(List.of(new PortForward("127.0.0.1", 8080, 80))));
  }

  @Test
  void givenACreationWhenItDoesNotFinishThenItIsNoVmAndIsSwept() throws Exception {
    VmStore store = new VmStore(root);
    store.complete(store.begin("whole"), definition("whole"));
    Files.writeString(store.begin("half").resolve("disk.img"), "half");
    assertThat(store.names()).containsExactly("whole");
    assertThat(store.sweep()).containsExactly("half");
    assertThat(root.resolve("half")).doesNotExist();
    assertThat(store.read("whole").memoryMebibytes()).isEqualTo(512);
  }

  @Test
  void givenAVmWhenAnotherOfItsNameIsBegunThenItIsRefusedAndTheFirstStays() throws Exception {
    VmStore store = new VmStore(root);
    store.complete(store.begin("web"), definition("web"));
    assertThatThrownBy(() -> store.begin("web"))
        .isInstanceOfSatisfying(
            AgentException.class, e -> assertThat(e.code()).isEqualTo("vm-exists"));
    assertThat(store.names()).containsExactly("web");
  }

  @Test
  void givenAVmWithALinkInItWhenDeletedThenWhatTheLinkNamesStays() throws Exception {
    VmStore store = new VmStore(root);
    Path outside = Files.createDirectory(root.resolve("OUTSIDE"));
    Files.writeString(outside.resolve("file"), "kept");
    Path folder = store.begin("web");
    Files.createSymbolicLink(folder.resolve("state"), outside);
    store.complete(folder, definition("web"));
    store.delete("web");
    assertThat(folder).doesNotExist();
    assertThat(outside.resolve("file")).hasContent("kept");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "../x", "a/b", "A", "-a", "a b", "a\n", "ä", "a."})
  void givenANameThatIsNoneWhenUsedThenItIsRefused(String name) {
    assertThatThrownBy(() -> new VmStore(root).begin(name))
        .isInstanceOfSatisfying(
            AgentException.class, e -> assertThat(e.code()).isEqualTo("bad-name"));
  }

  @Test
  void givenDefinitionsAlteredInAnyMemberWhenReadThenTheyAreRefused() throws Exception {
    String genuine = definition("web").toJson().toString();
    assertThat(VmDefinition.parse(genuine.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .isNotNull();
    for (String[] change :
        new String[][] {
          {"\"cpus\":2", "\"cpus\":0"},
          {"\"cpus\":2", "\"cpus\":65"},
          {"\"memory\":512", "\"memory\":127"},
          {"\"memory\":512", "\"memory\":512.5"},
          {"shieldwall-vm-1", "shieldwall-vm-2"},
          {"\"cpus\"", "\"vcpus\""},
          {"127.0.0.1:8080:80", "127.0.0.1:8080:0"},
        }) {
      String altered = genuine.replace(change[0], change[1]);
      assertThat(altered).isNotEqualTo(genuine);
      assertThatThrownBy(
              () -> VmDefinition.parse(altered.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
          .isInstanceOf(ProtectorException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:8080:80,true",
    "0.0.0.0:1:65535,true",
    "127.0.0.1:0:80,false",
    "127.0.0.1:65536:80,false",
    "127.0.0.256:80:80,false",
    "localhost:80:80,false",
    "127.0.0.1:80,false",
    "127.0.0.1:80:80:80,false",
    "127.0.0.1:+80:80,false"
  })
  void givenAForwardWhenParsedThenOnlyWholeOnesAre(String text, boolean good) {
    assertThat(PortForward.parse(text).isPresent()).isEqualTo(good);
  }
}
