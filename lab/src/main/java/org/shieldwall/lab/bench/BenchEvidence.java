package org.shieldwall.lab.bench;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.FactValue;
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
 * The evidence of one host with so many IMA entries: that of the vectors, where they are beside the
 * project, and made-up evidence of the same size otherwise.
 *
 * @param origin where log and list are from
 * @param log the TCG event log
 * @param ima the IMA list, binary, template ima-ng
 * @param pcrs what both lead to, SHA-256
 * @param allowed the digest of each file in the list
 * @param quote a TPM's, of just this log and list, if there is one
 */
record BenchEvidence(
    Origin origin,
    Bytes log,
    Bytes ima,
    SortedMap<Integer, Bytes> pcrs,
    Set<Bytes> allowed,
    Optional<VectorQuote> quote) {
  private static final int IMA_PCR = 10;
  private static final int PCRS_OF_BOOT = 10;

  /** The sizes of the vectors' lists, each the beginning of the next. */
  private static final List<Integer> SIZES = List.of(100, 1_000, 5_000, 20_000);

  /** What is not made up. */
  enum Origin {
    VECTORS,
    LOG_OF_VECTORS,
    MADE_UP
  }

  /** {@return the evidence of a host with so many IMA entries} */
  static BenchEvidence of(int entries) throws IOException, MalformedException {
    return of(entries, false);
  }

  /**
   * {@return the same with a first entry that is the digest over this boot's PCRs} That of the
   * vectors' lists is not: a service that asks for one would refuse them.
   */
  static BenchEvidence aggregated(int entries) throws IOException, MalformedException {
    return of(entries, true);
  }

  private static BenchEvidence of(int entries, boolean aggregated)
      throws IOException, MalformedException {
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
    Optional<Bytes> given = genuine ? vectorList(entries) : Optional.empty();
    Bytes ima =
        given.isEmpty()
            ? imaList(entries, pcrs)
            : aggregated
                ? Bytes.concat(
                    imaList(1, pcrs),
                    given.get().slice(ImaEntries.offset(given.get(), 1), given.get().length()))
                : given.get();
    Set<Bytes> allowed = new HashSet<>();
    Bytes pcr10 =
        replay(ima, options(Optional.empty()), allowed)
            .orElseThrow(() -> new IllegalStateException("no PCR 10"));
    pcrs.put(IMA_PCR, pcr10);
    Origin origin =
        given.isPresent() ? Origin.VECTORS : genuine ? Origin.LOG_OF_VECTORS : Origin.MADE_UP;
    Optional<VectorQuote> quote =
        given.isPresent() && !aggregated && SIZES.contains(entries)
            ? Optional.of(VectorQuote.read(vectors(), entries))
            : Optional.empty();
    return new BenchEvidence(origin, log, ima, pcrs, Set.copyOf(allowed), quote);
  }

  /** {@return the vectors' list of so many entries, or the beginning of a longer one} */
  private static Optional<Bytes> vectorList(int entries) throws IOException {
    for (int size : SIZES) {
      Path file = vectors().resolve(size + "/ima.binary");
      if (size >= entries && Files.isReadable(file)) {
        Bytes all = Bytes.of(Files.readAllBytes(file));
        return Optional.of(all.slice(0, ImaEntries.offset(all, entries)));
      }
    }
    return Optional.empty();
  }

  /** {@return where figures' data is from, in words} */
  static List<String> data() throws IOException, MalformedException {
    Origin origin = of(1).origin();
    return switch (origin) {
      case VECTORS ->
          List.of(
              "event log: a real machine's; IMA lists and quotes in process: the vectors', by swtpm",
              "over HTTPS: quotes made by the clients, since each answers a nonce of its own, and the"
                  + " list's first entry, which is to be this boot's aggregate");
      case LOG_OF_VECTORS ->
          List.of("event log: a real machine's; IMA lists and quotes: MADE UP, no vectors of them");
      case MADE_UP ->
          List.of("event log, IMA lists and quotes: MADE UP, no vectors at " + vectors());
    };
  }

  /** {@return the folder of vectors, there or not} */
  static Path vectors() {
    return Path.of(System.getProperty("shieldwall.root", "."))
        .toAbsolutePath()
        .resolve(System.getProperty("shieldwall.vectors", "../shared/vectors"))
        .resolve("bench")
        .normalize();
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
    return baseline(Optional.empty());
  }

  /** {@return a baseline that this boot matches, of what these PCRs show} */
  BootBaseline baseline(Optional<Set<Integer>> quoted) {
    try {
      UntrustedEventLog read = UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT);
      BootBaseline boot =
          BootBaseline.capture("bench", BootFacts.draw(read, TpmHash.SHA256), CaptureLevel.BOOT);
      SortedMap<FactName, List<FactValue>> facts = new TreeMap<>(boot.facts());
      quoted.ifPresent(pcrs -> facts.keySet().removeIf(fact -> !pcrs.containsAll(fact.pcrs())));
      return new BootBaseline("bench", TpmHash.SHA256, facts);
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
