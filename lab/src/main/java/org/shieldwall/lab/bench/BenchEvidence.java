package org.shieldwall.lab.bench;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.Replay;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.evidence.ima.ImaOptions;
import org.shieldwall.evidence.ima.ImaReplay;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * The evidence of one host with so many IMA entries: the event log that real firmware wrote, where
 * the vectors are beside the project, and a made-up one of the same length otherwise. The IMA list
 * is made here, so that its first entry is the digest over the PCRs of that log.
 *
 * @param genuine whether the log is the vectors'
 * @param log the TCG event log
 * @param ima the IMA list, binary, template ima-ng
 * @param pcrs what both lead to, SHA-256
 * @param allowed the digest of each file in the list
 */
record BenchEvidence(
    boolean genuine, Bytes log, Bytes ima, SortedMap<Integer, Bytes> pcrs, Set<Bytes> allowed) {
  private static final int IMA_PCR = 10;
  private static final int PCRS_OF_BOOT = 10;

  /** {@return the evidence of a host with so many IMA entries} */
  static BenchEvidence of(int entries) throws IOException, MalformedException {
    Path file = vectors().resolve("eventlog.bin");
    boolean genuine = Files.isReadable(file);
    Bytes log = genuine ? Bytes.of(Files.readAllBytes(file)) : MadeUpLog.bytes();
    SortedMap<Integer, Bytes> pcrs =
        new TreeMap<>(
            Replay.replay(UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT), TpmHash.SHA256)
                .banks()
                .get(TpmHash.SHA256));
    for (int pcr = 0; pcr < Replay.PCR_COUNT; pcr++) {
      pcrs.putIfAbsent(pcr, Bytes.zeros(TpmHash.SHA256.size()));
    }
    Bytes ima = imaList(entries, pcrs);
    Set<Bytes> allowed = new HashSet<>();
    Bytes pcr10 =
        replay(ima, options(Optional.empty()), allowed)
            .orElseThrow(() -> new IllegalStateException("no PCR 10"));
    pcrs.put(IMA_PCR, pcr10);
    return new BenchEvidence(genuine, log, ima, pcrs, Set.copyOf(allowed));
  }

  /** {@return the folder of vectors, there or not} */
  static Path vectors() {
    return Path.of(System.getProperty("shieldwall.root", "."))
        .toAbsolutePath()
        .normalize()
        .resolveSibling("shared/vectors/bench");
  }

  private static ImaOptions options(Optional<ImaOptions.Expected> expected) {
    return new ImaOptions(Set.of(TpmHash.SHA256), false, expected);
  }

  private static Optional<Bytes> replay(Bytes list, ImaOptions options, Set<Bytes> allowed)
      throws IOException, MalformedException {
    return Optional.ofNullable(
        ImaReplay.replay(
                new ByteArrayInputStream(list.toArray()),
                options,
                entry -> allowed.add(entry.fileDigest()))
            .pcr10()
            .get(TpmHash.SHA256));
  }

  /** {@return a baseline that this boot matches} */
  BootBaseline baseline() {
    try {
      UntrustedEventLog read = UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT);
      return BootBaseline.capture("bench", BootFacts.draw(read, TpmHash.SHA256), CaptureLevel.BOOT);
    } catch (MalformedException e) {
      throw new IllegalStateException("the log does not read", e);
    }
  }

  private static Bytes imaList(int entries, SortedMap<Integer, Bytes> pcrs) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    Bytes[] boot = pcrs.headMap(PCRS_OF_BOOT).values().toArray(new Bytes[0]);
    entry(list, "boot_aggregate", TpmHash.SHA256.hash(boot));
    for (int i = 1; i < entries; i++) {
      entry(list, "/usr/lib/bench/file-" + i, TpmHash.SHA256.hash(Bytes.ofText("file " + i)));
    }
    return Bytes.of(list.toByteArray());
  }

  private static void entry(ByteArrayOutputStream list, String path, Bytes digest) {
    Bytes hash = Bytes.concat(Bytes.ofText("sha256:\0"), digest);
    Bytes name = Bytes.ofText(path + "\0");
    Bytes data = Bytes.concat(word(hash.length()), hash, word(name.length()), name);
    Bytes template = Bytes.ofText("ima-ng");
    Bytes entry =
        Bytes.concat(
            word(IMA_PCR),
            TpmHash.SHA1.hash(data),
            word(template.length()),
            template,
            word(data.length()),
            data);
    list.writeBytes(entry.toArray());
  }

  private static Bytes word(int value) {
    return Bytes.of(
        new byte[] {
          (byte) value, (byte) (value >>> 8), (byte) (value >>> 16), (byte) (value >>> 24)
        });
  }
}
