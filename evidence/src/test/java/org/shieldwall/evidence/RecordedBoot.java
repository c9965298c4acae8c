package org.shieldwall.evidence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/**
 * A boot of a host in the lab, as it was recorded (lab/boots, whose README says what is where).
 *
 * @param eventLog what firmware, stub and kernel measured
 * @param imaList what the kernel measured of files, in its binary form
 * @param commandLine what /proc/cmdline said, with the newline it ends with
 * @param pcrs PCRs 0 to 15 as the kernel read them, SHA-256
 */
public record RecordedBoot(Bytes eventLog, Bytes imaList, String commandLine, PcrValues pcrs) {
  private static final int BLOCK = 4096;

  /**
   * {@return the record of a variant}
   *
   * @param name e.g. {@code standard}
   */
  public static RecordedBoot of(String name) {
    Path file =
        Path.of(System.getProperty("shieldwall.root", ".."), "lab/boots").resolve(name + ".boot");
    try {
      Bytes all = Bytes.of(Files.readAllBytes(file));
      String text = new String(all.slice(0, BLOCK).toArray(), StandardCharsets.UTF_8);
      Map<String, String> fields = new TreeMap<>();
      Map<Integer, Bytes> pcrs = new TreeMap<>();
      for (String line : text.replace("\0", "").lines().toList()) {
        String[] words = line.split(" ", 2);
        if (words[0].equals("pcr")) {
          String[] value = words[1].split(" ", 2);
          pcrs.put(Integer.valueOf(value[0]), Bytes.ofHex(value[1]));
        } else {
          fields.put(words[0], words[1]);
        }
      }
      int log = Integer.parseInt(fields.get("log"));
      int ima = BLOCK + (log + BLOCK - 1) / BLOCK * BLOCK;
      return new RecordedBoot(
          all.slice(BLOCK, BLOCK + log),
          all.slice(ima, ima + Integer.parseInt(fields.get("ima"))),
          fields.get("cmdline") + "\n",
          PcrValues.of(TpmHash.SHA256, pcrs));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
