package org.shieldwall.evidence.ima;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.evidence.ImaListBuilder;
import org.shieldwall.evidence.LogBuilder;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** Every template in both forms, and lists that are cut, altered or made to exhaust a reader. */
class ImaReplayTest {
  private static final long SEED = 0x5eed_0010L;
  private static final Bytes SIGNATURE = Bytes.ofHex("030204a1b2c3d40100deadbeef");

  /** The same bytes over and over: so many times, or for ever. */
  private static final class Repeating extends InputStream {
    private final byte[] bytes;
    private long left;
    private int at;

    Repeating(byte[] bytes, long times) {
      this.bytes = bytes;
      this.left = times < 0 ? Long.MAX_VALUE : times * bytes.length;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (left == 0) {
        return -1;
      }
      int count = (int) Math.min(Math.min(length, bytes.length - at), left);
      System.arraycopy(bytes, at, into, offset, count);
      at = (at + count) % bytes.length;
      left -= count;
      return count;
    }
  }

  private static ImaListBuilder everyTemplate() {
    return hashedEntries().violation("/var/log/changing");
  }

  /** A violation's data is under no digest; of all other entries every byte counts. */
  private static ImaListBuilder hashedEntries() {
    return new ImaListBuilder()
        .file("boot_aggregate", LogBuilder.digestOf("aggregate"))
        .file("/usr/bin/name with blanks", LogBuilder.digestOf("a"))
        .entry("ima-sig", "/usr/bin/signed", LogBuilder.digestOf("b"), List.of(SIGNATURE))
        .entry("ima-sig", "/usr/bin/not signed", LogBuilder.digestOf("c"), List.of(Bytes.EMPTY))
        .entry("ima-buf", "kexec-cmdline", LogBuilder.digestOf("d"), List.of(SIGNATURE))
        .entry(
            "ima-modsig",
            "/lib/modules/one.ko",
            LogBuilder.digestOf("e"),
            List.of(Bytes.EMPTY, SIGNATURE, SIGNATURE))
        .original("/usr/bin/old template", Bytes.ofHex("ab".repeat(20)));
  }

  private static ImaSummary replay(Bytes list) throws IOException, MalformedException {
    return replay(new ByteArrayInputStream(list.toArray()), Optional.empty());
  }

  private static ImaSummary replay(InputStream in, Optional<ImaOptions.Expected> expected)
      throws IOException, MalformedException {
    return ImaReplay.replay(
        in, new ImaOptions(Set.of(TpmHash.SHA1, TpmHash.SHA256), true, expected), _ -> {});
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givenEveryTemplateThenBothBanksReplay(boolean asText) throws Exception {
    ImaListBuilder list = everyTemplate();
    ImaSummary summary = replay(asText ? list.text() : list.binary());
    assertThat(summary.entries()).isEqualTo(8);
    assertThat(summary.violations()).isEqualTo(1);
    assertThat(summary.mismatches()).isEmpty();
    assertThat(summary.pcr10())
        .containsEntry(TpmHash.SHA1, list.sha1())
        .containsEntry(TpmHash.SHA256, list.sha256());
    assertThat(summary.templates())
        .containsEntry("ima", 1L)
        .containsEntry("ima-ng", 3L)
        .containsEntry("ima-sig", 2L)
        .containsEntry("ima-buf", 1L)
        .containsEntry("ima-modsig", 1L);
  }

  @Test
  void givenAListThenEachEntryIsShownWithItsNameAndDigest() throws Exception {
    List<String> names = new ArrayList<>();
    ImaReplay.replay(
        new ByteArrayInputStream(everyTemplate().binary().toArray()),
        new ImaOptions(Set.of(TpmHash.SHA256), false, Optional.empty()),
        entry -> names.add(entry.fileName() + " " + entry.hashName()));
    assertThat(names)
        .contains(
            "boot_aggregate sha256",
            "/usr/bin/name with blanks sha256",
            "/usr/bin/old template sha1",
            "/var/log/changing sha256");
  }

  @Test
  void givenATextWhoseLinesWereStrippedThenAnEmptySignatureIsStillOne() throws Exception {
    String stripped =
        new String(everyTemplate().text().toArray(), StandardCharsets.UTF_8)
            .lines()
            .map(String::stripTrailing)
            .reduce("", (a, b) -> a + b + "\n");
    assertThat(replay(Bytes.ofText(stripped)).mismatches()).isEmpty();
  }

  @Test
  void givenAnyPrefixWasQuotedThenItsLengthIsFound() throws Exception {
    ImaListBuilder list = everyTemplate();
    for (int entries = 0; entries <= 8; entries++) {
      ImaOptions.Expected expected =
          new ImaOptions.Expected(TpmHash.SHA256, list.sha256After(entries));
      ImaSummary summary =
          replay(new ByteArrayInputStream(list.binary().toArray()), Optional.of(expected));
      assertThat(summary.matchedPrefix()).hasValue(entries);
    }
  }

  @Test
  void givenAnEntrysDigestAlteredThenItIsNamedWithItsOffset() throws Exception {
    byte[] list = everyTemplate().binary().toArray();
    list[4] ^= 1;
    ImaSummary summary = replay(Bytes.of(list));
    assertThat(summary.mismatches()).hasSize(1);
    assertThat(summary.mismatches().getFirst().entry()).isZero();
    assertThat(summary.mismatches().getFirst().offset()).isZero();
  }

  @Test
  void givenABinaryListCutAnywhereThenItIsMalformedOrEndsBetweenEntries() throws Exception {
    byte[] list = everyTemplate().binary().toArray();
    int whole = 0;
    for (int length = 0; length < list.length; length++) {
      try {
        ImaSummary summary = replay(Bytes.of(Arrays.copyOf(list, length)));
        assertThat(summary.entries()).isLessThan(8);
        whole++;
      } catch (MalformedException e) {
        assertThat(e.offset()).isBetween(0L, (long) length);
      }
    }
    assertThat(whole).isEqualTo(8);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givenAnyByteChangedThenOnlyMalformedIsThrown(boolean asText) throws Exception {
    ImaListBuilder builder = hashedEntries();
    byte[] list = (asText ? builder.text() : builder.binary()).toArray();
    Random random = new Random(SEED);
    for (int at = 0; at < list.length; at++) {
      byte[] altered = list.clone();
      altered[at] ^= (byte) (1 + random.nextInt(255));
      try {
        ImaSummary summary = replay(Bytes.of(altered));
        boolean same = summary.pcr10().get(TpmHash.SHA256).equals(builder.sha256());
        // A name's byte or a digest's changes the value; a PCR index takes the entry out of it.
        assertThat(same && summary.mismatches().isEmpty() && summary.entries() == 7)
            .as("byte %d, seed %x", at, SEED)
            .isEqualTo(asText && replay(Bytes.of(list)).equals(summary));
      } catch (MalformedException e) {
        assertThat(e.offset()).isBetween(0L, (long) list.length);
      }
    }
  }

  @Test
  void givenNoiseThenOnlyMalformedIsThrown() throws IOException {
    Random random = new Random(SEED);
    byte[] good = everyTemplate().binary().toArray();
    for (int round = 0; round < 5_000; round++) {
      byte[] noise = new byte[random.nextInt(400)];
      random.nextBytes(noise);
      System.arraycopy(good, 0, noise, 0, Math.min(noise.length, random.nextInt(200)));
      try {
        replay(Bytes.of(noise));
      } catch (MalformedException e) {
        assertThat(e.offset()).isBetween(0L, (long) noise.length);
      }
    }
  }

  /** A list that claims an entry of 3 GiB, and then never ends. */
  @Test
  void givenALengthThatIsNotThereThenNothingOfItsSizeIsAllocated() {
    byte[] head = new ImaListBuilder().file("x", Bytes.zeros(32)).binary().toArray();
    byte[] claim = Arrays.copyOf(head, 4 + 20 + 4 + 6 + 4);
    claim[claim.length - 1] = (byte) 0xC0;
    InputStream endless =
        new SequenceInputStream(new ByteArrayInputStream(claim), new Repeating(new byte[64], -1));
    assertThatThrownBy(() -> replay(endless, Optional.empty()))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("at most");
  }

  @Test
  void givenALineThatNeverEndsThenItIsRefusedAtItsBound() {
    InputStream endless = new Repeating("1234".getBytes(StandardCharsets.US_ASCII), -1);
    assertThatThrownBy(() -> replay(endless, Optional.empty()))
        .isInstanceOf(MalformedException.class);
  }

  @Test
  void givenAHundredThousandEntriesThenTheyAreReadAsAStream() throws Exception {
    byte[] one =
        new ImaListBuilder().file("/usr/bin/thing", LogBuilder.digestOf("x")).binary().toArray();
    InputStream many = new Repeating(one, 100_000);
    assertThat(replay(many, Optional.empty()).entries()).isEqualTo(100_000);
  }

  @Test
  void sm3OfTheStandardsExample() {
    byte[] abc = "abc".getBytes(StandardCharsets.US_ASCII);
    assertThat(Bytes.of(Sm3.hash(abc, 3)).hex())
        .isEqualTo("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  }

  @Test
  void givenAnUnknownTemplateThenItIsNamed() {
    Bytes list = new ImaListBuilder().entry("ima-xx", "x", Bytes.zeros(32), List.of()).binary();
    try {
      replay(list);
      fail("accepted");
    } catch (MalformedException e) {
      assertThat(e.found()).contains("ima-xx");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
