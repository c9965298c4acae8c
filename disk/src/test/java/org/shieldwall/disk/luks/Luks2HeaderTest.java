package org.shieldwall.disk.luks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.disk.MemoryChannel;
import org.shieldwall.tpm.MalformedException;

class Luks2HeaderTest {
  private static final int HALF = Luks2Layout.HEADER;
  private static final String TOKEN = "{\"type\":\"example\",\"keyslots\":[\"0\"]}";

  private static final byte[] GENUINE = genuine();

  private static byte[] genuine() {
    try {
      MemoryChannel disk = new MemoryChannel(17 << 20);
      byte[] key = new byte[AesXts.KEY_LENGTH];
      try (Luks2Writer writer =
          new Luks2Writer(
              disk, 0, 17 << 20, new VolumeFormat(new UUID(1, 2), "root", 4096, TOKEN), key)) {
        writer.finish("secret".getBytes(UTF_8), key, new SecureRandom());
      }
      return Arrays.copyOf(disk.bytes(), 2 * HALF);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void givenOurHeaderWhenParsedThenItSaysWhatWasAskedFor() throws Exception {
    Luks2Header header = Luks2Header.parse(GENUINE);

    assertThat(header.label()).isEqualTo("root");
    assertThat(header.uuid()).isEqualTo(new UUID(1, 2).toString());
    assertThat(header.sequence()).isEqualTo(1);
    assertThat(header.sectorSize()).isEqualTo(4096);
    assertThat(header.keyslots()).isEqualTo(1);
    assertThat(header.tokens()).hasSize(1).containsEntry(0, TOKEN);
  }

  static List<Arguments> damage() {
    return List.of(
        bad("no magic", "primary", b -> b[0] = 0),
        bad("no second magic", "secondary", b -> b[HALF] = 'L'),
        bad("version 1", "primary", sealed(b -> b.put(7, (byte) 1))),
        bad("another size", "primary", sealed(b -> b.putLong(8, HALF * 2))),
        bad("negative size", "primary", sealed(b -> b.putLong(8, -1))),
        bad("another checksum", "primary", sealed(b -> b.put(72, (byte) 'S'))),
        bad("a subsystem", "primary", sealed(b -> b.put(208, (byte) 'x'))),
        bad("another place", "primary", sealed(b -> b.putLong(256, 4096))),
        bad("text in the padding", "primary", sealed(b -> b.put(300, (byte) 1))),
        bad("text after the label", "primary", sealed(b -> b.put(60, (byte) 'x'))),
        bad("label without end", "primary", sealed(b -> b.put(24, "x".repeat(48).getBytes(UTF_8)))),
        bad("control character", "primary", sealed(b -> b.put(24, (byte) 27))),
        bad("wrong checksum", "primary", b -> b[448]++),
        bad("wrong second checksum", "secondary", b -> b[HALF + 448]++),
        bad("metadata changed", "primary", b -> b[4096 + 20]++),
        bad("second metadata changed", "secondary", b -> b[HALF + 4096 + 20]++),
        bad("older second copy", "secondary", second(b -> b.putLong(HALF + 16, 0))),
        bad(
            "metadata without end",
            "primary",
            sealed(b -> b.put(4096, " ".repeat(HALF - 4096).getBytes(UTF_8)))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damage")
  void givenADamagedHeaderWhenParsedThenItIsRefusedByName(
      String name, String where, Consumer<byte[]> damage) {
    byte[] bytes = GENUINE.clone();
    damage.accept(bytes);

    assertThatExceptionOfType(MalformedException.class)
        .as(name)
        .isThrownBy(() -> Luks2Header.parse(bytes))
        .satisfies(refusal -> assertThat(refusal.structure()).contains(where));
  }

  static List<Arguments> metadata() {
    return List.of(
        json("not JSON", s -> "{"),
        json("an array", s -> "[]"),
        json("two documents", s -> s + "{}"),
        json("nested a thousand times", s -> "[".repeat(1000)),
        json("a member twice", s -> s.replace("{\"keyslots\":", "{\"config\":{},\"keyslots\":")),
        json("an unknown member", s -> s.replace("{\"keyslots\":", "{\"x\":1,\"keyslots\":")),
        json("no digests", s -> s.replace("\"digests\":", "\"tokens2\":")),
        json("another cipher", s -> s.replace("aes-xts-plain64", "cipher_null-ecb")),
        json("no encryption", s -> s.replace("\"type\":\"crypt\"", "\"type\":\"linear\"")),
        json("another data offset", s -> s.replace("\"16777216\"", "\"0\"")),
        json("another tweak", s -> s.replace("\"iv_tweak\":\"0\"", "\"iv_tweak\":\"8\"")),
        json("sector size 1024", s -> s.replace("\"sector_size\":4096", "\"sector_size\":1024")),
        json("key size 32", s -> s.replace("\"key_size\":64", "\"key_size\":32")),
        json("one stripe", s -> s.replace("\"stripes\":4000", "\"stripes\":1")),
        json(
            "another KDF",
            s -> s.replace("\"kdf\":{\"type\":\"pbkdf2\"", "\"kdf\":{\"type\":\"x\"")),
        json("SHA-1", s -> s.replace("\"hash\":\"sha512\"", "\"hash\":\"sha1\"")),
        json("no iterations", s -> s.replaceFirst("\"iterations\":1000", "\"iterations\":0")),
        json(
            "text as iterations",
            s -> s.replaceFirst("\"iterations\":1000", "\"iterations\":\"9\"")),
        json(
            "2^40 iterations",
            s -> s.replaceFirst("\"iterations\":1000", "\"iterations\":1099511627776")),
        json("fraction", s -> s.replaceFirst("\"iterations\":1000", "\"iterations\":1000.5")),
        json(
            "area over the header", s -> s.replace("\"offset\":\"32768\"", "\"offset\":\"16384\"")),
        json(
            "area past the data",
            s -> s.replace("\"offset\":\"32768\"", "\"offset\":\"16777215\"")),
        json("negative area", s -> s.replace("\"offset\":\"32768\"", "\"offset\":\"-1\"")),
        json("small area", s -> s.replace("\"size\":\"258048\"", "\"size\":\"512\"")),
        json("salt of no bytes", s -> s.replaceFirst("\"salt\":\"[^\"]*\"", "\"salt\":\"\"")),
        json("salt not base64", s -> s.replaceFirst("\"salt\":\"[^\"]*\"", "\"salt\":\"?\"")),
        json("keyslot name", s -> s.replace("\"keyslots\":{\"0\"", "\"keyslots\":{\"00\"")),
        json("keyslot 99", s -> s.replace("\"keyslots\":{\"0\"", "\"keyslots\":{\"99\"")),
        json(
            "digest for no keyslot",
            s -> s.replace("\"keyslots\":[\"0\"],\"segments\"", "\"keyslots\":[],\"segments\"")),
        json(
            "digest of 1 byte",
            s -> s.replaceFirst("\"digest\":\"[^\"]*\"", "\"digest\":\"AA==\"")),
        json("token without type", s -> s.replace("\"type\":\"example\"", "\"tipe\":\"example\"")),
        json("token that is text", s -> s.replace(TOKEN, "\"x\"")),
        json(
            "other JSON size",
            s -> s.replace("\"json_size\":\"12288\"", "\"json_size\":\"4096\"")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("metadata")
  void givenOtherMetadataUnderGoodChecksumsWhenParsedThenItIsRefused(
      String name, UnaryOperator<String> change) {
    byte[] bytes = GENUINE.clone();
    String before = text(bytes);
    String after = change.apply(before);
    assertThat(after).as("the change applies").isNotEqualTo(before);
    for (int copy = 0; copy < 2; copy++) {
      Arrays.fill(bytes, copy * HALF + 4096, (copy + 1) * HALF, (byte) 0);
      ByteBuffer.wrap(bytes).put(copy * HALF + 4096, after.getBytes(UTF_8));
      seal(bytes, copy);
    }

    assertThatExceptionOfType(MalformedException.class)
        .as(name)
        .isThrownBy(() -> Luks2Header.parse(bytes));
  }

  @Test
  void givenTheSameMetadataUnderNewChecksumsWhenParsedThenItIsGood() throws Exception {
    byte[] bytes = GENUINE.clone();
    seal(bytes, 0);
    seal(bytes, 1);
    assertThat(bytes).isEqualTo(GENUINE);
    assertThat(Luks2Header.parse(bytes).label()).isEqualTo("root");
  }

  @Test
  void givenRandomDamageWhenParsedThenItIsANamedRefusalOrSound() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int jsonLength = text(GENUINE).length();
    for (int i = 0; i < 3000; i++) {
      byte[] bytes = GENUINE.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        int at = random.nextBoolean() ? random.nextInt(512) : 4096 + random.nextInt(jsonLength + 1);
        byte value = (byte) random.nextInt(256);
        bytes[at] = value;
        if (at >= 4096) {
          bytes[HALF + at] = value;
        }
      }
      seal(bytes, 0);
      seal(bytes, 1);
      try {
        assertThat(Luks2Header.parse(bytes).sectorSize()).as("seed %d", seed).isIn(512, 4096);
      } catch (MalformedException refused) {
        assertThat(refused.getMessage()).startsWith("malformed LUKS2");
      }
    }
  }

  @Test
  void givenAnyOtherLengthWhenParsedThenItIsRefused() {
    for (int length : new int[] {0, 1, 4096, HALF, 2 * HALF - 1, 2 * HALF + 1}) {
      assertThatExceptionOfType(MalformedException.class)
          .isThrownBy(() -> Luks2Header.parse(Arrays.copyOf(GENUINE, length)));
    }
  }

  @Test
  void givenALabelThatDoesNotFitWhenWrittenThenItIsRefused() throws Exception {
    Luks2Metadata metadata = Luks2Header.parse(GENUINE).metadata();
    for (String label : List.of("x".repeat(48), "ö")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Luks2Header(new UUID(1, 2).toString(), label, 1, metadata));
    }
  }

  private static Arguments bad(String name, String where, Consumer<byte[]> damage) {
    return Arguments.of(name, where, damage);
  }

  private static Arguments json(String name, UnaryOperator<String> change) {
    return Arguments.of(name, change);
  }

  private static Consumer<byte[]> sealed(Consumer<ByteBuffer> change) {
    return bytes -> {
      change.accept(ByteBuffer.wrap(bytes));
      seal(bytes, 0);
    };
  }

  private static Consumer<byte[]> second(Consumer<ByteBuffer> change) {
    return bytes -> {
      change.accept(ByteBuffer.wrap(bytes));
      seal(bytes, 1);
    };
  }

  private static String text(byte[] bytes) {
    return new String(bytes, 4096, HALF - 4096, UTF_8).replace("\0", "");
  }

  private static void seal(byte[] bytes, int copy) {
    try {
      int start = copy * HALF;
      Arrays.fill(bytes, start + 448, start + 512, (byte) 0);
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes, start, HALF);
      System.arraycopy(digest.digest(), 0, bytes, start + 448, 32);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
