package org.shieldwall.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every parser, on every truncation of a good input, every single-byte change of it, and on noise:
 * it gives a value that marshals to the same bytes, or {@link MalformedException}.
 */
class ParserTortureTest {
  private static final long SEED = 0x5eed_0001L;

  interface Parser {
    /** {@return the bytes the parsed value stands for} */
    byte[] roundTrip(byte[] input) throws MalformedException;
  }

  record Subject(String name, Bytes input, Parser parser) {
    byte[] good() {
      return input.toArray();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Subject> subjects() {
    return TortureSubjects.all();
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void givenAGoodInputThenItComesBackByteForByte(Subject subject) throws Exception {
    assertThat(subject.parser().roundTrip(subject.good())).isEqualTo(subject.good());
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void givenAnyTruncationThenItIsMalformed(Subject subject) {
    for (int length = 0; length < subject.good().length; length++) {
      byte[] cut = Arrays.copyOf(subject.good(), length);
      try {
        subject.parser().roundTrip(cut);
        fail("%s cut to %d bytes was accepted", subject, length);
      } catch (MalformedException e) {
        assertThat(e.offset()).isBetween(0L, (long) length);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void givenABytePastTheEndThenItIsMalformed(Subject subject) {
    byte[] longer = Arrays.copyOf(subject.good(), subject.good().length + 1);
    assertThatThrownBy(() -> subject.parser().roundTrip(longer))
        .isInstanceOf(MalformedException.class);
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void givenAnyOneByteChangedThenItIsMalformedOrRoundTrips(Subject subject) {
    Random random = new Random(SEED);
    for (int at = 0; at < subject.good().length; at++) {
      for (int change : new int[] {1, 0x80, 0xFF, 1 + random.nextInt(255)}) {
        byte[] altered = subject.good().clone();
        altered[at] ^= (byte) change;
        tolerate(subject, altered);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void givenNoiseThenItIsMalformedOrRoundTrips(Subject subject) {
    Random random = new Random(SEED);
    for (int round = 0; round < 5_000; round++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      // A good beginning takes the noise past the first checks.
      int keep = Math.min(noise.length, random.nextInt(subject.good().length + 1));
      System.arraycopy(subject.good(), 0, noise, 0, keep);
      tolerate(subject, noise);
    }
  }

  private static void tolerate(Subject subject, byte[] input) {
    try {
      assertThat(subject.parser().roundTrip(input)).isEqualTo(input);
    } catch (MalformedException e) {
      assertThat(e.offset()).isBetween(0L, (long) input.length);
      assertThat(e).hasMessageContaining("expected");
    }
  }
}
