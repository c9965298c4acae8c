package org.shieldwall.disk.fat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.disk.Program;

/** Volumes of ours, judged by dosfstools and mtools. */
class FatVolumeTest {
  private static final int SERIAL = 0x1234_5678;

  @TempDir Path folder;

  private static byte[] image(SortedMap<String, byte[]> files) throws Exception {
    FatVolume volume = FatVolume.of("CIDATA", SERIAL, files);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    volume.writeTo((bytes, length) -> {
      assertThat(length % 512).isZero();
      out.write(bytes, 0, length);
    });
    return Arrays.copyOf(out.toByteArray(), Math.toIntExact(volume.length()));
  }

  private void stockToolsAgree(SortedMap<String, byte[]> files) throws Exception {
    String fsck = Program.require("fsck.vfat", "dosfstools");
    String mcopy = Program.require("mcopy", "mtools");
    Path image = Files.write(folder.resolve("seed.img"), image(files));
    Path out = Files.createDirectories(folder.resolve("out"));

    String verdict = Program.succeed(fsck, "-n", "-v", image.toString());
    Program.succeed(mcopy, "-n", "-i", image.toString(), "::*", out.toString());

    assertThat(verdict).contains("Checking we can access the last sector");
    assertThat(verdict).contains("%d files,".formatted(files.size() + 1));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      assertThat(Files.readAllBytes(out.resolve(file.getKey())))
          .as(file.getKey())
          .isEqualTo(file.getValue());
    }
  }

  @Test
  void givenCloudInitsFilesWhenWrittenThenStockToolsReadThemBack() throws Exception {
    SortedMap<String, byte[]> files = new TreeMap<>();
    files.put("meta-data", "instance-id: one\n".getBytes(UTF_8));
    files.put("user-data", "#cloud-config\n".repeat(5000).getBytes(UTF_8));
    files.put("network-config", new byte[0]);
    files.put("vendor-data", new byte[512]);
    files.put("UPPER.TXT", new byte[513]);
    files.put("exactly13char", new byte[1]);
    files.put("a name of spaces, with commas & more = fun.tar.gz", new byte[7]);
    files.put("größe", new byte[100]);
    files.put("x".repeat(255), new byte[3]);

    stockToolsAgree(files);
  }

  @Test
  void givenAVolumeWhenItsLabelIsReadThenCloudInitWouldFindIt() throws Exception {
    String mdir = Program.require("mdir", "mtools");
    SortedMap<String, byte[]> files = new TreeMap<>(Map.of("meta-data", new byte[5]));
    Path image = Files.write(folder.resolve("seed.img"), image(files));

    String listing = Program.succeed(mdir, "-i", image.toString(), "::");
    String type = Program.succeed(Program.require("blkid", "util-linux"), "-p", image.toString());

    assertThat(listing).contains("CIDATA").contains("1234-5678").contains("meta-data");
    assertThat(type)
        .contains("LABEL=\"CIDATA\"")
        .contains("TYPE=\"vfat\"")
        .contains("VERSION=\"FAT16\"");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2_000_000, 31 << 20, 33 << 20, 70 << 20})
  void givenAnyAmountOfDataWhenWrittenThenItIsStillFat16(int length) throws Exception {
    SortedMap<String, byte[]> files = new TreeMap<>();
    byte[] large = new byte[length];
    new Random(3).nextBytes(large);
    files.put("large", large);
    files.put("small", new byte[] {1, 2, 3});

    stockToolsAgree(files);
  }

  @Test
  void givenMoreFilesThanADirectoryUsuallyHoldsWhenWrittenThenAllAreThere() throws Exception {
    SortedMap<String, byte[]> files = new TreeMap<>();
    for (int i = 0; i < 600; i++) {
      files.put("a-file-with-a-long-name-" + i, new byte[] {(byte) i});
    }

    stockToolsAgree(files);
  }

  @Test
  void givenNoFilesWhenWrittenThenTheVolumeIsEmptyAndSound() throws Exception {
    String fsck = Program.require("fsck.vfat", "dosfstools");
    Path image = Files.write(folder.resolve("seed.img"), image(new TreeMap<>()));

    assertThat(Program.succeed(fsck, "-n", image.toString())).contains("1 files, 0/");
  }

  @Test
  void givenTheSameFilesWhenWrittenTwiceThenTheBytesAreTheSame() throws Exception {
    SortedMap<String, byte[]> files = new TreeMap<>(Map.of("a", new byte[5], "b", new byte[9]));

    assertThat(image(files)).isEqualTo(image(files));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", ".", "..", "a/b", "../etc", "a\\b", "a:b", "a*", "a?", "a\"", "a<", "a|", "end.",
        "end ", "a\nb", "a\0b", "\u007f", "\ud800"
      })
  void givenANameThatCannotStandThereWhenPlannedThenItIsRefusedByName(String name) {
    assertThatExceptionOfType(FatNameException.class)
        .isThrownBy(() -> image(new TreeMap<>(Map.of(name, new byte[1]))))
        .withMessageContaining("is no file name");
  }

  @Test
  void givenNamesThatDifferInCaseOrAreTooLongWhenPlannedThenTheyAreRefused() {
    assertThatExceptionOfType(FatNameException.class)
        .isThrownBy(() -> image(new TreeMap<>(Map.of("A", new byte[1], "a", new byte[1]))))
        .withMessageContaining("in case only");
    assertThatExceptionOfType(FatNameException.class)
        .isThrownBy(() -> image(new TreeMap<>(Map.of("x".repeat(256), new byte[1]))));
  }

  @Test
  void givenALabelThatCannotStandThereWhenPlannedThenItIsRefused() {
    for (String label : new String[] {"", "cidata", "TWELVELETTER", "A B"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> FatVolume.of(label, SERIAL, new TreeMap<>()));
    }
  }
}
