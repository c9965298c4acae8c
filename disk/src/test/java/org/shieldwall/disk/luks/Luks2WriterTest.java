package org.shieldwall.disk.luks;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.disk.MemoryChannel;
import org.shieldwall.disk.Program;

/** Volumes of ours, judged by the cryptsetup every Debian guest has. */
class Luks2WriterTest {
  private static final long LENGTH = 20L << 20;
  private static final byte[] PASSPHRASE =
      "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=".getBytes(US_ASCII);
  private static final UUID ID = UUID.fromString("6f1e6f1e-0000-4000-8000-00000000abcd");
  private static final String TOKEN =
      "{\"type\":\"example\",\"keyslots\":[\"0\"],\"note\":\"a/b\"}";

  @TempDir Path folder;
  private final SecureRandom random = new SecureRandom();
  private final byte[] volumeKey = new byte[AesXts.KEY_LENGTH];
  private final byte[] content = new byte[(int) (LENGTH - Luks2Layout.DATA_OFFSET)];

  @BeforeEach
  void fill() {
    random.nextBytes(volumeKey);
    new Random(7).nextBytes(content);
  }

  private Path volume(int sectorSize) throws Exception {
    Path image = folder.resolve("volume-" + sectorSize);
    VolumeFormat format = new VolumeFormat(ID, "seed", sectorSize, TOKEN);
    try (FileChannel channel =
            FileChannel.open(
                image,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        Luks2Writer writer = new Luks2Writer(channel, 0, LENGTH, format, volumeKey)) {
      writer.append(content, 0, 3 << 20);
      writer.append(content, 3 << 20, content.length - (3 << 20));
      writer.finish(PASSPHRASE, volumeKey, random);
    }
    return image;
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void givenAVolumeWhenStockCryptsetupTriesThePassphraseThenItOpens(int sectorSize)
      throws Exception {
    String cryptsetup = Program.require("cryptsetup", "cryptsetup-bin");
    String image = volume(sectorSize).toString();
    Path right = Files.write(folder.resolve("right"), PASSPHRASE);
    Path wrong = Files.writeString(folder.resolve("wrong"), "another");

    Program.Outcome opened = test(cryptsetup, right, image);
    Program.Outcome refused = test(cryptsetup, wrong, image);
    String dump = Program.succeed(cryptsetup, "luksDump", image);

    assertThat(opened.exit()).as(opened.output()).isZero();
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(dump)
        .contains("Label:         \tseed")
        .contains("UUID:          \t" + ID)
        .contains("cipher: aes-xts-plain64")
        .contains("sector: " + sectorSize + " [bytes]");
  }

  @Test
  void givenAVolumeWhenStockCryptsetupDumpsItThenKeyTokenAndMetadataAreOurs() throws Exception {
    String cryptsetup = Program.require("cryptsetup", "cryptsetup-bin");
    String image = volume(4096).toString();
    Path right = Files.write(folder.resolve("right"), PASSPHRASE);
    Path key = folder.resolve("key");

    Program.succeed(
        cryptsetup,
        "-q",
        "luksDump",
        "--dump-volume-key",
        "--volume-key-file",
        key.toString(),
        "--key-file",
        right.toString(),
        image);
    String token = Program.succeed(cryptsetup, "token", "export", "--token-id", "0", image);
    String json = Program.succeed(cryptsetup, "luksDump", "--dump-json-metadata", image);
    String debug = Program.succeed(cryptsetup, "--debug", "luksDump", image);

    assertThat(Files.readAllBytes(key)).isEqualTo(volumeKey);
    assertThat(token.replace("\\/", "/").strip()).isEqualTo(TOKEN);
    assertThat(json).contains("\"keyslots_size\":\"16744448\"");
    // Both copies good, none repaired from the other.
    assertThat(debug)
        .contains("LUKS2 header version 2 of size 16384 bytes, checksum sha256")
        .doesNotContain("LUKS2 header checksum error")
        .doesNotContain("Trying to repair")
        .doesNotContain("auto-recovery");
  }

  /** Decrypted by stock code in user space: the offline mode of {@code cryptsetup reencrypt}. */
  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void givenAVolumeWhenStockCryptsetupDecryptsItThenTheContentIsWhatWasAppended(int sectorSize)
      throws Exception {
    String cryptsetup = Program.require("cryptsetup", "cryptsetup-bin");
    Path image = volume(sectorSize);
    Path right = Files.write(folder.resolve("right"), PASSPHRASE);

    Program.succeed(
        cryptsetup,
        "reencrypt",
        "-q",
        "--decrypt",
        "--force-offline-reencrypt",
        "--header",
        folder.resolve("exported").toString(),
        "--key-file",
        right.toString(),
        image.toString());

    byte[] plain = Files.readAllBytes(image);
    assertThat(Arrays.equals(plain, 0, content.length, content, 0, content.length)).isTrue();
  }

  @Test
  void givenAVolumeOfStockCryptsetupWhenReadThenWeFindWhatItWrote() throws Exception {
    String cryptsetup = Program.require("cryptsetup", "cryptsetup-bin");
    Path right = Files.write(folder.resolve("right"), PASSPHRASE);
    Path image = folder.resolve("theirs");
    byte[] start = Arrays.copyOf(content, (int) LENGTH);
    Files.write(image, Arrays.copyOf(start, (int) LENGTH + (32 << 20)));

    Program.succeed(
        cryptsetup,
        "reencrypt",
        "-q",
        "--encrypt",
        "--type",
        "luks2",
        "--reduce-device-size",
        "32M",
        "--sector-size",
        "4096",
        "--pbkdf",
        "pbkdf2",
        "--pbkdf-force-iterations",
        "1000",
        "--key-file",
        right.toString(),
        image.toString());

    try (FileChannel channel = FileChannel.open(image)) {
      byte[] key = Luks2Opener.volumeKey(channel, 0, 0, PASSPHRASE);
      assertThat(Luks2Opener.read(channel, 0, key, 0, start.length)).isEqualTo(start);
    }
  }

  @Test
  void givenAVolumeInsideADiskWhenWrittenThenNothingAroundItIsTouched() throws Exception {
    MemoryChannel disk = new MemoryChannel((int) LENGTH + (2 << 20));
    Arrays.fill(disk.bytes(), (byte) 0x5A);

    try (Luks2Writer writer =
        new Luks2Writer(disk, 1 << 20, LENGTH, new VolumeFormat(ID, "", 4096, TOKEN), volumeKey)) {
      writer.append(content, 0, content.length);
      writer.finish(PASSPHRASE, volumeKey, random);
    }

    byte[] around = new byte[1 << 20];
    Arrays.fill(around, (byte) 0x5A);
    assertThat(Arrays.copyOf(disk.bytes(), 1 << 20)).isEqualTo(around);
    assertThat(Arrays.copyOfRange(disk.bytes(), (int) LENGTH + (1 << 20), disk.bytes().length))
        .isEqualTo(around);
    byte[] key = Luks2Opener.volumeKey(disk, 1 << 20, 0, PASSPHRASE);
    assertThat(Luks2Opener.read(disk, 1 << 20, key, 0, content.length)).isEqualTo(content);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 511, 513, 4095, 4097, (1 << 20) + 1})
  void givenALastPieceThatIsNotWholeWhenAppendedThenItIsFilledWithZeros(int length)
      throws Exception {
    MemoryChannel disk = new MemoryChannel((int) LENGTH);
    try (Luks2Writer writer =
        new Luks2Writer(disk, 0, LENGTH, new VolumeFormat(ID, "", 512, TOKEN), volumeKey)) {
      writer.append(content, 0, length);
      writer.finish(PASSPHRASE, volumeKey, random);
    }

    int whole = Math.ceilDiv(length, 512) * 512;
    byte[] read = Luks2Opener.read(disk, 0, volumeKey, 0, whole);
    assertThat(read).isEqualTo(Arrays.copyOf(Arrays.copyOf(content, length), whole));
  }

  @Test
  void givenAVolumeThatWasNeverFinishedWhenReadThenItIsNone() throws Exception {
    MemoryChannel disk = new MemoryChannel((int) LENGTH);
    try (Luks2Writer writer =
        new Luks2Writer(disk, 0, LENGTH, new VolumeFormat(ID, "", 512, TOKEN), volumeKey)) {
      writer.append(content, 0, content.length);
    }

    assertThat(Arrays.copyOf(disk.bytes(), 2 * Luks2Layout.HEADER))
        .isEqualTo(new byte[2 * Luks2Layout.HEADER]);
  }

  @Test
  void givenMoreThanFitsWhenAppendedThenItIsRefused() throws Exception {
    MemoryChannel disk = new MemoryChannel((int) LENGTH);
    VolumeFormat format = new VolumeFormat(ID, "", 4096, TOKEN);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Luks2Writer(disk, 0, LENGTH + 1, format, volumeKey));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Luks2Writer(disk, 0, Luks2Layout.DATA_OFFSET, format, volumeKey));
    try (Luks2Writer writer = new Luks2Writer(disk, 0, LENGTH, format, volumeKey)) {
      writer.append(content, 0, content.length - 100);
      assertThatIllegalArgumentException().isThrownBy(() -> writer.append(content, 0, 1));
    }
  }

  @Test
  void givenTheSameKeyTwiceWhenWrittenThenNothingOfTheHeaderButItsMetadataRepeats()
      throws Exception {
    byte[] first = Files.readAllBytes(volume(512));
    Files.delete(folder.resolve("volume-512"));
    byte[] second = Files.readAllBytes(volume(512));

    assertThat(Arrays.equals(first, 104, 168, second, 104, 168)).as("salts").isFalse();
    int slot = Luks2Layout.KEYSLOTS_OFFSET;
    assertThat(Arrays.equals(first, slot, slot + 512, second, slot, slot + 512)).isFalse();
  }

  private static Program.Outcome test(String cryptsetup, Path passphrase, String image)
      throws Exception {
    return Program.run(
        cryptsetup, "luksOpen", "--test-passphrase", "--key-file", passphrase.toString(), image);
  }
}
