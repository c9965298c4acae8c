package org.shieldwall.lab.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/**
 * A host that really booted, as it was when it had done what it was to do: what its kernel showed,
 * and the state of its TPM, from which it goes on ({@link RunningHost#of}).
 */
record BootedHost(HostVariant variant, Path folder) {
  private static final int BLOCK = 4096;

  /** {@return the firmware's event log} */
  Bytes eventLog() {
    return part(BLOCK, size("log"));
  }

  /** {@return where the event log is, as a kernel shows it} */
  Path eventLogFile() {
    return extracted("eventlog", eventLog());
  }

  /** {@return IMA's list, in its binary form} */
  Bytes imaList() {
    return part(BLOCK + (size("log") + BLOCK - 1) / BLOCK * BLOCK, size("ima"));
  }

  /** {@return where IMA's list is, as a kernel shows it} */
  Path imaListFile() {
    return extracted("ima", imaList());
  }

  /** {@return what /proc/cmdline said, with the newline it ends with} */
  String commandLine() {
    return field("cmdline") + "\n";
  }

  /** {@return the PCRs as the host's kernel read them, SHA-256} */
  PcrValues pcrs() {
    Map<Integer, Bytes> values = new TreeMap<>();
    text()
        .lines()
        .map(line -> line.split(" ", 3))
        .filter(words -> words[0].equals("pcr"))
        .forEach(words -> values.put(Integer.valueOf(words[1]), Bytes.ofHex(words[2])));
    return PcrValues.of(TpmHash.SHA256, values);
  }

  /** {@return all that the host wrote: text, log and list, each from a block of its own on} */
  Bytes record() {
    return part(0, BLOCK + (size("log") + BLOCK - 1) / BLOCK * BLOCK + size("ima"));
  }

  /** {@return the folder with the TPM's state, not to be written to} */
  Path tpmState() {
    return folder.resolve("tpm");
  }

  private String text() {
    return new String(part(0, BLOCK).toArray(), StandardCharsets.UTF_8).replace("\0", "");
  }

  private int size(String name) {
    return Integer.parseInt(field(name));
  }

  private String field(String name) {
    return text()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the host wrote no " + name))
        .substring(name.length() + 1);
  }

  private Bytes part(int from, int length) {
    try {
      byte[] all = Files.readAllBytes(folder.resolve("log.img"));
      return Bytes.of(Arrays.copyOfRange(all, from, from + length));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path extracted(String name, Bytes content) {
    try {
      Path file = folder.resolve(name);
      if (!Files.exists(file)) {
        Path fresh = Files.createTempFile(folder, name, "");
        Files.write(fresh, content.toArray());
        Files.move(fresh, file);
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
