package org.shieldwall.evidence.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * Programs for UEFI: what is under their hash and what is not, and what is no program. That the
 * hash is the one that firmware measures, real boots show (lab).
 */
class UefiImageTest {
  private static final int HEADERS = 0x400;
  private static final int PE = 0x80;
  private static final int CHECKSUM = PE + 24 + 64;
  private static final int DIRECTORY = PE + 24 + 112 + 4 * 8;

  /** A PE32+ file of these sections, 512 bytes each at most, and signatures after them. */
  private static byte[] image(Map<String, String> sections, int certificates) {
    int size = HEADERS + 512 * sections.size();
    ByteBuffer out = ByteBuffer.allocate(size + certificates).order(ByteOrder.LITTLE_ENDIAN);
    out.put(0, (byte) 'M').put(1, (byte) 'Z').putInt(0x3C, PE).putInt(PE, 0x4550);
    out.putShort(PE + 6, (short) sections.size()).putShort(PE + 20, (short) 240);
    int optional = PE + 24;
    out.putShort(optional, (short) 0x20B).putInt(optional + 60, HEADERS);
    out.putInt(optional + 108, 16);
    out.putInt(DIRECTORY, certificates == 0 ? 0 : size).putInt(DIRECTORY + 4, certificates);
    int at = optional + 240;
    int raw = HEADERS;
    for (Map.Entry<String, String> each : sections.entrySet()) {
      byte[] content = each.getValue().getBytes(StandardCharsets.UTF_8);
      out.put(at, each.getKey().getBytes(StandardCharsets.UTF_8));
      out.putInt(at + 8, content.length).putInt(at + 16, 512).putInt(at + 20, raw);
      out.put(raw, content);
      at += 40;
      raw += 512;
    }
    for (int i = size; i < size + certificates; i++) {
      out.put(i, (byte) i);
    }
    return out.array();
  }

  private static Map<String, String> kernel() {
    Map<String, String> sections = new LinkedHashMap<>();
    sections.put(".sdmagic", "#### LoaderInfo: systemd-stub 252.39-1~deb12u1 ####\0");
    sections.put(".linux", "kernel");
    sections.put(".osrel", "ID=debian\n");
    sections.put(".cmdline", "lockdown=confidentiality\0");
    sections.put(".uname", "6.1.0-18-cloud-amd64");
    sections.put(".initrd", "initrd");
    return sections;
  }

  private static Bytes hash(byte[] file) throws MalformedException {
    return UefiImage.parse(file).authenticode(TpmHash.SHA256);
  }

  @Test
  void checksumAndSignaturesAreNotUnderTheHashAndEverythingElseIs() throws MalformedException {
    byte[] signed = image(kernel(), 64);
    Bytes right = hash(signed);
    for (int i : new int[] {CHECKSUM, CHECKSUM + 3, signed.length - 64, signed.length - 1}) {
      assertThat(hash(changed(signed, i))).as("byte %d", i).isEqualTo(right);
    }
    for (int i :
        new int[] {0, CHECKSUM - 6, CHECKSUM + 4, HEADERS - 1, HEADERS, signed.length - 65}) {
      assertThat(hash(changed(signed, i))).as("byte %d", i).isNotEqualTo(right);
    }
  }

  private static byte[] changed(byte[] file, int at) {
    byte[] other = file.clone();
    other[at] ^= 1;
    return other;
  }

  @Test
  void sectionsAreAsLongAsInMemory() throws MalformedException {
    byte[] file = image(kernel(), 0);
    assertThat(UefiImage.parse(file).section(".linux")).contains(Bytes.ofText("kernel"));
    assertThat(UefiImage.parse(file).section(".splash")).isEmpty();
    assertThat(UefiImage.parse(image(kernel(), 64)).carries(Bytes.of(new byte[] {1, 2, 3})))
        .isTrue();
    assertThat(UefiImage.parse(file).carries(Bytes.of(new byte[] {1, 2, 3}))).isFalse();
  }

  @Test
  void aUnifiedKernelIsReadWithItsCommandLine() throws MalformedException {
    UnifiedKernel kernel = UnifiedKernel.parse(image(kernel(), 0));
    assertThat(kernel.commandLine()).isEqualTo("lockdown=confidentiality");
    assertThat(kernel.release()).isEqualTo("6.1.0-18-cloud-amd64");
  }

  @ParameterizedTest
  @CsvSource({
    ".sdmagic, '', systemd-stub 252",
    ".sdmagic, #### LoaderInfo: systemd-stub 255 ####, systemd-stub 252",
    ".uname, 5.10.0-18-amd64, a kernel of 6.1 or later",
    ".uname, 99999999999.1, a kernel of 6.1 or later",
    ".pcrsig, {}, no sections .pcrsig and .pcrpkey",
    ".cmdline, , a section .cmdline",
    ".initrd, , a section .initrd",
  })
  void anImageThatNobodyCanPredictIsRefused(String section, String content, String expected) {
    Map<String, String> sections = kernel();
    if (content == null) {
      sections.remove(section);
    } else {
      sections.put(section, content);
    }
    assertThatThrownBy(() -> UnifiedKernel.parse(image(sections, 0)))
        .isInstanceOf(MalformedException.class)
        .extracting(e -> ((MalformedException) e).expected())
        .isEqualTo(expected);
  }

  @Test
  void aSectionThatIsSaidToBeFarLongerInMemoryIsRefused() {
    byte[] file = image(kernel(), 0);
    int virtualSize = firstSectionHeader(file) + 8;
    file[virtualSize + 2] = (byte) 0xff;
    assertThatThrownBy(() -> UefiImage.parse(file))
        .isInstanceOf(MalformedException.class)
        .extracting(e -> ((MalformedException) e).expected())
        .isEqualTo("a section inside the file");
  }

  private static int firstSectionHeader(byte[] file) {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    return kernel().keySet().stream()
        .mapToInt(text::indexOf)
        .filter(at -> at > 0)
        .min()
        .orElseThrow();
  }

  @Test
  void whatIsNoProgramIsRefusedByName() {
    byte[] good = image(kernel(), 64);
    for (int length = 0; length < good.length; length += length < HEADERS ? 1 : 97) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> hash(cut)).isInstanceOf(MalformedException.class);
    }
    long seed = 20_260_101;
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] bad = good.clone();
      for (int j = 0; j < 3; j++) {
        bad[random.nextInt(HEADERS)] = (byte) random.nextInt();
      }
      try {
        UefiImage image = UefiImage.parse(bad);
        assertThat(image.authenticode(TpmHash.SHA256).length()).isEqualTo(32);
        UnifiedKernel.parse(bad);
      } catch (MalformedException e) {
        assertThat(e.expected()).as("seed %d, %d", seed, i).isNotBlank();
      }
    }
  }
}
