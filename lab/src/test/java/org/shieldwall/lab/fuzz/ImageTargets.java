package org.shieldwall.lab.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.shieldwall.evidence.predict.UefiImage;
import org.shieldwall.evidence.predict.UnifiedKernel;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** Programs of UEFI, whose boot is predicted before it happens. */
final class ImageTargets {
  private static final int HEADERS = 0x400;
  private static final int PE = 0x40;
  private static final int OPTIONAL = PE + 24;
  private static final int OPTIONAL_SIZE = 240;
  private static final int SECTION = 0x200;

  private ImageTargets() {}

  static List<FuzzTarget> all() {
    return List.of(
        FuzzTarget.of(
            "uefi-image",
            () -> List.of(image()),
            input -> {
              UefiImage read = UefiImage.parse(input);
              read.authenticode(TpmHash.SHA256);
              read.section(".linux");
              read.carries(Bytes.ofText("certificate"));
            },
            MalformedException.class),
        FuzzTarget.of(
            "unified-kernel",
            () -> List.of(image()),
            UnifiedKernel::parse,
            MalformedException.class));
  }

  /** Headers as the PE format has them, and the sections that a stub and its kernel need. */
  private static byte[] image() {
    Map<String, String> sections =
        new TreeMap<>(
            Map.of(
                ".sdmagic",
                "#### LoaderInfo: systemd-stub 252.39-1 ####",
                ".linux",
                "kernel",
                ".initrd",
                "files",
                ".cmdline",
                "quiet",
                ".uname",
                "6.1.0-40-cloud-amd64"));
    ByteBuffer out =
        ByteBuffer.allocate(HEADERS + SECTION * sections.size()).order(ByteOrder.LITTLE_ENDIAN);
    out.putShort(0, (short) 0x5A4D).putInt(0x3C, PE).putInt(PE, 0x4550);
    out.putShort(PE + 4, (short) 0x8664).putShort(PE + 6, (short) sections.size());
    out.putShort(PE + 20, (short) OPTIONAL_SIZE).putShort(OPTIONAL, (short) 0x20B);
    out.putInt(OPTIONAL + 60, HEADERS).putInt(OPTIONAL + 108, 16);
    int header = OPTIONAL + OPTIONAL_SIZE;
    int content = HEADERS;
    for (Map.Entry<String, String> each : sections.entrySet()) {
      byte[] text = Seeds.utf8(each.getValue());
      out.put(header, Seeds.utf8(each.getKey())).putInt(header + 8, text.length);
      out.putInt(header + 16, SECTION).putInt(header + 20, content).put(content, text);
      header += 40;
      content += SECTION;
    }
    return out.array();
  }
}
