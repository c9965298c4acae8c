package org.shieldwall.evidence;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.Replay;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.evidence.ima.ImaOptions;
import org.shieldwall.evidence.ima.ImaReplay;
import org.shieldwall.evidence.quote.QuoteCheck;
import org.shieldwall.evidence.quote.QuoteExpectations;
import org.shieldwall.evidence.quote.UntrustedQuote;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmSignature;

/**
 * How long it takes to verify one host's evidence, on one core. Not a test: run its {@link #main}
 * with the folder that holds {@code eventlog.bin}, {@code nonce.txt} and a folder per size of list.
 */
public final class Timing {
  private static final Set<Integer> PCRS = Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14);

  private Timing() {}

  /** Prints the median of each step. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    byte[] log = Files.readAllBytes(folder.resolve("eventlog.bin"));
    print("event log: parse", () -> UntrustedEventLog.parse(log, LogLimits.DEFAULT));
    print(
        "event log: parse, replay",
        () -> Replay.replay(UntrustedEventLog.parse(log, LogLimits.DEFAULT), TpmHash.SHA256));
    print("event log: parse, replay, facts", () -> boot(log));
    for (int entries : new int[] {100, 1000, 5000, 20000}) {
      Path one = folder.resolve(String.valueOf(entries));
      Bytes nonce =
          Bytes.ofText(
              Files.readString(folder.resolve("nonce.txt"), StandardCharsets.US_ASCII).strip());
      byte[] list = Files.readAllBytes(one.resolve("ima.binary"));
      Bytes pcr10 =
          Bytes.ofHex(
              Files.readString(one.resolve("pcr10.sha256"), StandardCharsets.US_ASCII).strip());
      double micros = print("IMA list of " + entries, () -> ima(list, pcr10));
      System.out.printf("%45.0f ns an entry%n", micros * 1000 / entries);
      byte[] attest = Files.readAllBytes(one.resolve("quote.attest"));
      byte[] signature = Files.readAllBytes(one.resolve("quote.signature"));
      byte[] key = Files.readAllBytes(one.resolve("ak.tpm2b_public"));
      print(
          "all: quote, event log, IMA list of " + entries,
          () -> all(log, list, pcr10, attest, signature, key, nonce));
    }
  }

  private static PcrValues boot(byte[] bytes) throws Exception {
    UntrustedEventLog log = UntrustedEventLog.parse(bytes, LogLimits.DEFAULT);
    PcrValues replayed = Replay.replay(log, TpmHash.SHA256);
    if (!BootFacts.draw(log, TpmHash.SHA256).problems().isEmpty()) {
      throw new IllegalStateException("the log has problems");
    }
    return replayed;
  }

  private static long ima(byte[] list, Bytes pcr10) throws Exception {
    return ImaReplay.replay(
            new ByteArrayInputStream(list),
            new ImaOptions(
                Set.of(TpmHash.SHA256),
                false,
                Optional.of(new ImaOptions.Expected(TpmHash.SHA256, pcr10))),
            _ -> {})
        .matchedPrefix()
        .orElseThrow();
  }

  private static boolean all(
      byte[] log,
      byte[] list,
      Bytes pcr10,
      byte[] attest,
      byte[] signature,
      byte[] key,
      Bytes nonce)
      throws Exception {
    Map<Integer, Bytes> values = new TreeMap<>(boot(log).banks().get(TpmHash.SHA256));
    values.put(10, pcr10);
    ima(list, pcr10);
    boolean good =
        QuoteCheck.appraise(
                new UntrustedQuote(
                    Bytes.of(attest),
                    TpmSignature.parse(signature),
                    Optional.of(PcrValues.of(TpmHash.SHA256, values))),
                TpmPublic.parseSized(key).publicKey(),
                new QuoteExpectations(Optional.of(nonce), TpmHash.SHA256, PCRS, false))
            .isGood();
    if (!good) {
      throw new IllegalStateException("the quote does not verify");
    }
    return true;
  }

  private static double print(String what, Callable<?> work) throws Exception {
    long until = System.nanoTime() + 1_500_000_000L;
    while (System.nanoTime() < until) {
      work.call();
    }
    long[] nanos = new long[201];
    for (int i = 0; i < nanos.length; i++) {
      long start = System.nanoTime();
      work.call();
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    double micros = nanos[nanos.length / 2] / 1000.0;
    System.out.printf("%-40s %10.1f us (best %.1f)%n", what, micros, nanos[0] / 1000.0);
    return micros;
  }
}
