package org.shieldwall.lab.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.tpm.MalformedException;

/**
 * Every fuzz target with its seeds and the same few hundred alterations of them each time. {@code
 * ./verify --fuzz} goes on from there, led by coverage.
 */
class ParsersTest {
  private static final int ROUNDS = 400;
  private static final int LONGEST_ALTERED = 64 << 10;

  static Stream<FuzzTarget> targets() {
    return FuzzTargets.all().stream();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void givenGenuineAndAlteredInputThenItIsReadOrRefusedByName(FuzzTarget target) {
    List<byte[]> seeds = target.seeds().get();
    assumeThat(seeds).as("genuine inputs for %s", target).isNotEmpty();
    assertThat(seeds.stream().filter(target::accepts)).as("seeds that are read").isNotEmpty();
    target.accepts(new byte[0]);
    Random random = new Random(target.name().hashCode());
    Mutation mutation = new Mutation(random, seeds);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] altered = mutation.next();
      if (altered.length <= LONGEST_ALTERED) {
        target.accepts(altered);
      }
    }
  }

  @Test
  void givenAParserThatFailsOtherwiseThenTheTargetSaysSo() {
    FuzzTarget broken =
        FuzzTarget.of(
            "broken",
            List::of,
            input -> {
              if (input.length == 1) {
                throw new IllegalStateException("not a named one");
              }
              byte[] greedy = new byte[input.length == 2 ? 60 << 20 : 1];
              throw new MalformedException("x", greedy.length, "less", "more");
            },
            MalformedException.class);

    assertThat(broken.accepts(new byte[3])).isFalse();
    for (int length : new int[] {1, 2}) {
      assertThat(failure(() -> broken.accepts(new byte[length]))).contains("broken: ");
    }
  }

  private static String failure(Runnable attempt) {
    try {
      attempt.run();
      return "";
    } catch (AssertionError e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Alters seeds; the same way for the same random source. */
  private record Mutation(Random random, List<byte[]> seeds) {
    private static final int[] NUMBERS = {
      0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, -1
    };

    byte[] next() {
      byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
      int alterations = 1 + random.nextInt(4);
      for (int i = 0; i < alterations && bytes.length > 0; i++) {
        bytes = alter(bytes);
      }
      return bytes;
    }

    private byte[] alter(byte[] bytes) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> number(bytes, at);
        case 3 -> {
          return Arrays.copyOf(bytes, at);
        }
        case 4 -> {
          return spliced(bytes, at, seeds.get(random.nextInt(seeds.size())));
        }
        default -> {
          int to = Math.min(bytes.length, at + 1 + random.nextInt(16));
          byte[] without = Arrays.copyOf(bytes, bytes.length - (to - at));
          System.arraycopy(bytes, to, without, at, bytes.length - to);
          return without;
        }
      }
      return bytes;
    }

    /** A number of two, four or eight bytes, of either byte order. */
    private void number(byte[] bytes, int at) {
      int value = NUMBERS[random.nextInt(NUMBERS.length)];
      int size = 1 << (1 + random.nextInt(3));
      boolean big = random.nextBoolean();
      for (int i = 0; i < size && at + i < bytes.length; i++) {
        int shift = 8 * (big ? size - 1 - i : i);
        bytes[at + i] = (byte) (shift > 31 ? (value < 0 ? -1 : 0) : value >> shift);
      }
    }

    private byte[] spliced(byte[] bytes, int at, byte[] other) {
      if (other.length == 0) {
        return bytes;
      }
      int from = random.nextInt(other.length);
      int length = Math.min(other.length - from, 1 + random.nextInt(256));
      byte[] longer = Arrays.copyOf(bytes, bytes.length + length);
      System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
      System.arraycopy(other, from, longer, at, length);
      return longer;
    }
  }
}
