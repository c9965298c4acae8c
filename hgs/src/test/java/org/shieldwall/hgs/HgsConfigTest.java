package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HgsConfigTest {
  private static final Path FILE = Path.of("/srv/hgs/hgs.toml");

  @Test
  void givenNothing_whenRead_thenEveryKeyHasItsDefault() throws Exception {
    assertThat(HgsConfig.parse("", FILE)).isEqualTo(HgsConfig.defaults());
  }

  @Test
  void givenTheTemplate_whenRead_thenItIsTheDefaultWithItsNameAndKeyFile() throws Exception {
    HgsConfig config =
        HgsConfig.parse(
            HgsConfig.template(HgsSetup.Address.named("hgs.example"), Optional.of("unlock.key")),
            FILE);
    assertThat(config.name()).isEqualTo("hgs.example");
    assertThat(config.keyFile()).contains(Path.of("/srv/hgs/unlock.key"));
    assertThat(config.port()).isEqualTo(8443);
    HgsConfig passphrase =
        HgsConfig.parse(
            HgsConfig.template(HgsSetup.Address.named("hgs.example"), Optional.empty()), FILE);
    assertThat(passphrase.keyFile()).isEmpty();
  }

  @Test
  void givenEveryKey_whenRead_thenEachIsTaken() throws Exception {
    HgsConfig config =
        HgsConfig.parse(
            """
            [listen]
            address = "127.0.0.1"
            port = 9000
            name = "n"
            [secrets]
            key-file = "/etc/k"
            [certificate]
            validity-hours = 1
            """,
            FILE);
    assertThat(config)
        .isEqualTo(
            new HgsConfig(
                "127.0.0.1",
                9000,
                "n",
                Optional.of(Path.of("/etc/k")),
                Duration.ofHours(1),
                Duration.ofHours(1),
                Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[listen]@adress = \"::\"|line 2, column 1|unknown key 'adress'",
        "[lisen]@port = 1|line 1, column 1|unknown section or key 'lisen'",
        "listen = 3|line 1, column 1|is a section",
        "[listen]@port = 65536|line 2, column 1|from 0 to 65535",
        "[listen]@port = \"8443\"|line 2, column 1|must be a number",
        "[listen]@name = 4|line 2, column 1|must be text",
        "[certificate]@validity-hours = 0|line 2, column 1|from 1 to 24",
        "[certificate]@validity-hours = 25|line 2, column 1|from 1 to 24",
        "[listen@port = 1|line 1, column|",
      })
  void givenAMistake_whenRead_thenItsPlaceIsNamed(String text, String place, String what) {
    assertThatThrownBy(() -> HgsConfig.parse(text.replace('@', '\n'), FILE))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining(place)
        .hasMessageContaining(what == null ? "" : what);
  }
}
