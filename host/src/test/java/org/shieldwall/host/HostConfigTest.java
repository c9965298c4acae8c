package org.shieldwall.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.host.attest.Evidence;

class HostConfigTest {
  @TempDir Path folder;

  private HostConfig config() {
    return new HostConfig(
        folder,
        "rack1-host7",
        URI.create("https://hgs.example.org:8443"),
        Path.of("/etc/hgs.pem"),
        "device:/dev/tpmrm0",
        Evidence.ofThisBoot(),
        HostConfig.ENCLAVE_USER);
  }

  @Test
  void givenAConfigurationWhenWrittenAndReadThenItIsTheSame() throws Exception {
    config().create();
    assertThat(HostConfig.read(folder)).isEqualTo(config());
    assertThatThrownBy(() -> config().create())
        .isInstanceOfSatisfying(
            AgentException.class, e -> assertThat(e.code()).isEqualTo("already-initialised"));
  }

  @Test
  void givenNoConfigurationWhenReadThenTheCommandThatMakesOneIsNamed() {
    assertThatThrownBy(() -> HostConfig.read(folder))
        .isInstanceOfSatisfying(
            AgentException.class, e -> assertThat(e.remedy()).startsWith("shieldwall host init"));
  }

  @ParameterizedTest
  @CsvSource({
    "name =,nmae =,'line 2, column 1'",
    "hgs =,hgss =,'line 3, column 1'",
    "\"rack1-host7\",7,'must be a text'",
    "\"rack1-host7\",\"a b\",'no good name'",
    "\"rack1-host7\",\"unfinished,'line 2'",
    "65520,\"me\",'enclave-user'",
  })
  void givenAMistakeWhenReadThenItsPlaceIsNamed(String from, String to, String expected)
      throws Exception {
    config().create();
    Path file = folder.resolve("host.toml");
    String genuine = Files.readString(file);
    assertThat(genuine).contains(from);
    Files.writeString(file, genuine.replace(from, to));
    assertThatThrownBy(() -> HostConfig.read(folder))
        .isInstanceOfSatisfying(
            AgentException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(AgentException.Kind.MALFORMED);
              assertThat(e.what()).contains(expected);
            });
  }
}
