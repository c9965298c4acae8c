package org.shieldwall.hgs.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEvent;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.evidence.ima.ImaOptions;
import org.shieldwall.evidence.ima.ImaReplay;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * A boot of a machine: its firmware's log, and what its kernel measured of files. None is written
 * by hand; a test that needs a wrong one alters one of these.
 *
 * @param log in the crypto-agile format
 * @param ima the entries of IMA's list, in its binary form; none where it is not known
 */
public record BootLog(Bytes log, List<Bytes> ima) {
  private static final int BLOCK = 4096;

  /** One event of a log: what is extended into which PCR. */
  public record Event(int pcr, Bytes digest) {}

  /** {@return a log of some firmware's, of a boot of which nothing else is known} */
  public static BootLog genuine(Bytes log) {
    return new BootLog(log, List.of());
  }

  /**
   * {@return a boot that was recorded in the lab (lab/boots)}
   *
   * @param name of the variant, e.g. {@code standard}
   */
  public static BootLog of(String name) {
    Path file = Path.of(System.getProperty("shieldwall.root"), "lab/boots").resolve(name + ".boot");
    try {
      Bytes all = Bytes.of(Files.readAllBytes(file));
      String text = new String(all.slice(0, BLOCK).toArray(), StandardCharsets.UTF_8);
      int log = size(text, "log");
      int ima = BLOCK + (log + BLOCK - 1) / BLOCK * BLOCK;
      return new BootLog(
          all.slice(BLOCK, BLOCK + log), entries(all.slice(ima, ima + size(text, "ima"))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int size(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToInt(line -> Integer.parseInt(line.substring(name.length() + 1).strip()))
        .findFirst()
        .orElseThrow();
  }

  /** Each entry: PCR, SHA-1 of the template's data, and name and data, each with its length. */
  private static List<Bytes> entries(Bytes list) {
    ByteBuffer in = ByteBuffer.wrap(list.toArray()).order(ByteOrder.LITTLE_ENDIAN);
    List<Bytes> entries = new ArrayList<>();
    while (in.hasRemaining()) {
      int from = in.position();
      in.position(from + 4 + 20);
      in.position(in.getInt() + in.position());
      in.position(in.getInt() + in.position());
      entries.add(list.slice(from, in.position()));
    }
    return List.copyOf(entries);
  }

  /** {@return what the log says was extended, in order} */
  public List<Event> events() {
    List<Event> events = new ArrayList<>();
    for (UntrustedEvent event : parsed().events()) {
      Optional<Bytes> digest = event.digest(TpmHash.SHA256);
      if (event.type() != EventType.NO_ACTION.id() && digest.isPresent()) {
        events.add(new Event((int) event.pcr(), digest.get()));
      }
    }
    return events;
  }

  private UntrustedEventLog parsed() {
    try {
      return UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT);
    } catch (MalformedException e) {
      throw new IllegalStateException("a boot was recorded whose log does not read", e);
    }
  }

  /** {@return digests of the files that the kernel measured, in order} */
  public List<Bytes> files() throws IOException, MalformedException {
    List<Bytes> files = new ArrayList<>();
    ImaReplay.replay(
        new ByteArrayInputStream(Bytes.concat(ima.toArray(Bytes[]::new)).toArray()),
        new ImaOptions(Set.of(TpmHash.SHA256), true, Optional.empty()),
        entry -> files.add(entry.fileDigest()));
    return List.copyOf(files.subList(1, files.size())); // The first is no file: boot_aggregate.
  }

  /** {@return the log as firmware left it} */
  public Bytes toBytes() {
    return log;
  }

  /** {@return a baseline of this boot} */
  public BootBaseline baseline(String name) {
    return baseline(name, CaptureLevel.BOOT);
  }

  /** {@return a baseline of this boot that holds hosts to so much of it} */
  public BootBaseline baseline(String name, CaptureLevel level) {
    return BootBaseline.capture(name, BootFacts.draw(parsed(), TpmHash.SHA256), level);
  }
}
