package org.shieldwall.evidence.ima;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.evidence.Vectors;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** Lists of real kernels, and PCR 10 of a TPM that they were replayed into. */
class GenuineImaListsTest {
  private static final Set<TpmHash> BOTH = Set.of(TpmHash.SHA1, TpmHash.SHA256);

  private static ImaSummary replay(byte[] list, Optional<ImaOptions.Expected> expected)
      throws IOException, MalformedException {
    return ImaReplay.replay(
        new ByteArrayInputStream(list), new ImaOptions(BOTH, true, expected), _ -> {});
  }

  private static ImaOptions.Expected quoted(int entries) {
    String hex =
        new String(Vectors.bytes("bench/" + entries + "/pcr10.sha256"), StandardCharsets.US_ASCII);
    return new ImaOptions.Expected(TpmHash.SHA256, Bytes.ofHex(hex.strip()));
  }

  @ParameterizedTest
  @CsvSource({"sha1,1", "sha256,0", "sha384,1", "sha512,1", "sm3_256,1"})
  void aListOfEachHashIsReadAndItsTemplateDigestsHold(String hash, int violations)
      throws Exception {
    ImaSummary summary = replay(Vectors.bytes("ima/ima-log-" + hash), Optional.empty());
    assertThat(summary.entries()).isEqualTo(2);
    assertThat(summary.violations()).isEqualTo(violations);
    assertThat(summary.mismatches()).isEmpty();
    assertThat(summary.templates()).containsEntry("ima-ng", 2L);
  }

  @Test
  void aHashThatTheKernelDoesNotHaveIsAnError() {
    byte[] list = Vectors.bytes("ima/ima-log-unknown");
    assertThatThrownBy(() -> replay(list, Optional.empty()))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("unknown");
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 1000, 5000, 20000})
  void aBinaryListLeadsToItsTpmsPcr10(int entries) throws Exception {
    byte[] list = Vectors.bytes("bench/" + entries + "/ima.binary");
    ImaSummary summary = replay(list, Optional.of(quoted(entries)));
    assertThat(summary.entries()).isEqualTo(entries);
    assertThat(summary.matchedPrefix()).hasValue(entries);
    assertThat(summary.pcr10().get(TpmHash.SHA256)).isEqualTo(quoted(entries).value());
    assertThat(summary.mismatchCount()).isZero();
  }

  @Test
  void entriesAddedSinceTheQuoteAreNotCounted() throws Exception {
    byte[] list = Vectors.bytes("bench/100/ima.binary");
    byte[] longer = Arrays.copyOf(list, 2 * list.length);
    System.arraycopy(list, 0, longer, list.length, list.length);
    ImaSummary summary = replay(longer, Optional.of(quoted(100)));
    assertThat(summary.entries()).isEqualTo(200);
    assertThat(summary.matchedPrefix()).hasValue(100);
  }

  @Test
  void aListWithAnAlteredFileDigestNeverReachesTheQuotedValue() throws Exception {
    byte[] list = Vectors.bytes("bench/100/ima.binary");
    list[5000] ^= 1;
    try {
      assertThat(replay(list, Optional.of(quoted(100))).matchedPrefix()).isEmpty();
    } catch (MalformedException e) {
      assertThat(e.offset()).isPositive();
    }
  }
}
