package org.shieldwall.cli.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.cli.Failure;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/** PCR values in the forms that people have them in. */
class PcrFileTest {
  private static final String ZERO = "00".repeat(32);
  private static final String ONES = "11".repeat(32);

  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("pcrs"), text, StandardCharsets.UTF_8);
  }

  private static void assertBoth(PcrValues values) {
    assertThat(values.value(TpmHash.SHA256, 0)).contains(Bytes.ofHex(ZERO));
    assertThat(values.value(TpmHash.SHA256, 15)).contains(Bytes.ofHex(ONES));
    assertThat(values.banks()).hasSize(1);
  }

  @Test
  void givenJsonByBankThenItIsRead() throws IOException {
    assertBoth(
        PcrFile.read(file("{\"sha256\": {\"0\": \"" + ZERO + "\", \"15\": \"" + ONES + "\"}}")));
  }

  @Test
  void givenFlatJsonThenTheLengthSaysWhichBank() throws IOException {
    assertBoth(PcrFile.read(file("{\"0\":\"" + ZERO + "\",\"15\":\"" + ONES + "\"}")));
  }

  @Test
  void givenTheTextOfTpm2PcrreadThenItIsRead() throws IOException {
    assertBoth(
        PcrFile.read(file("  sha1:\n  sha256:\n    0 : 0x" + ZERO + "\n    15: 0x" + ONES + "\n")));
  }

  @Test
  void givenTheBareValuesThenTheQuoteSaysWhichTheyAre() throws IOException {
    Path bare = Files.write(folder.resolve("bare"), Bytes.ofHex(ZERO + ONES).toArray());
    assertBoth(PcrFile.read(bare, PcrSelection.of(TpmHash.SHA256, 0, 15)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello",
        "{\"sha256\":{\"0\":\"abcd\"}}",
        "{\"sha1\":{\"0\":\"0000000000000000000000000000000000000000000000000000000000000000\"}}",
        "0: 00000000000000000000000000000000000000000\n",
        "0: 0000000000000000000000000000000000000000\n0: 0000000000000000000000000000000000000000"
      })
  void givenAnythingElseThenItIsMalformedAtAnOffset(String text) throws IOException {
    Path bad = file(text);
    assertThatThrownBy(() -> PcrFile.read(bad))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.exitCode()).isEqualTo(Failure.MALFORMED))
        .hasMessageContaining("at offset");
  }
}
