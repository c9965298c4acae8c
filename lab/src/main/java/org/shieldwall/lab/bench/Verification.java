package org.shieldwall.lab.bench;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CodeIntegrityRules;
import org.shieldwall.evidence.ImaPolicy;
import org.shieldwall.evidence.ImaResume;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.Replay;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/** What the verifier does for one attestation, one thread. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Verification {
  private static final int ENCLAVE_PCR = 15;
  private static final int IMA_PCR = 10;

  /** A re-attestation: so many entries since the last one, and so many in all. */
  private static final int NEW_ENTRIES = 50;

  private static final int KNOWN_ENTRIES = 1_000;

  /** Whole verifications. */
  @State(Scope.Benchmark)
  public static class Whole {
    /** Entries of the IMA list; of the smallest, entries added to a list known already. */
    @Param({"50", "1000", "20000"})
    public int entries;

    AttestationPolicy policy = AttestationPolicy.standard("none", 1, List.of());
    Optional<UntrustedEvidence> evidence = Optional.empty();
    Challenge challenge = new Challenge(Optional.empty(), Bytes.EMPTY, Bytes.EMPTY);

    /** Takes the vectors' evidence where it is there, and makes some of the same size otherwise. */
    @Setup
    public void prepare() throws Exception {
      Providers.asTheService();
      boolean again = entries == NEW_ENTRIES;
      BenchEvidence before = BenchEvidence.of(KNOWN_ENTRIES - NEW_ENTRIES);
      BenchEvidence made = BenchEvidence.of(again ? KNOWN_ENTRIES : entries);
      Optional<VectorQuote> vector = made.quote();
      Bytes enclave = Bytes.zeros(32);
      policy = policy(made);
      challenge =
          new Challenge(
              Optional.of("host"),
              vector.map(VectorQuote::nonce).orElse(Bytes.ofText("nonce")),
              enclave,
              again
                  ? Optional.of(
                      new ImaResume(
                          KNOWN_ENTRIES - NEW_ENTRIES,
                          before.pcrs().getOrDefault(IMA_PCR, Bytes.EMPTY),
                          vector.map(VectorQuote::resetCount).orElse((long) SoftTpm.RESET_COUNT)))
                  : Optional.empty());
      Bytes list =
          again ? made.ima().slice(before.ima().length(), made.ima().length()) : made.ima();
      evidence =
          Optional.of(
              vector.isPresent()
                  ? signed(vector.get(), made, list)
                  : signed(SoftTpm.make(true), made, list));
    }

    /**
     * The vectors' quotes cover no enclave's PCR, nor PCR 12, and their lists' boot_aggregate is
     * another boot's: nothing rests on those there.
     */
    private static AttestationPolicy policy(BenchEvidence made) {
      AttestationPolicy boot =
          AttestationPolicy.standard(
                  "bench", 1, List.of(made.baseline(made.quote().map(VectorQuote::pcrs))))
              .with(Set.of(Check.CODE_INTEGRITY));
      CodeIntegrityRules rules =
          CodeIntegrityRules.of(new ImaPolicy(made.allowed(), true, made.quote().isEmpty()));
      AttestationPolicy all = boot.with(boot.settings().withCodeIntegrity(rules));
      return made.quote().isPresent() ? all.without(Set.of(Check.ENCLAVE_MEASURED)) : all;
    }

    private static UntrustedEvidence signed(VectorQuote quote, BenchEvidence made, Bytes list) {
      SortedMap<Integer, Bytes> pcrs = new TreeMap<>(made.pcrs());
      pcrs.keySet().retainAll(quote.pcrs());
      return new UntrustedEvidence(
          quote.attest(),
          quote.signature(),
          quote.ak(),
          PcrValues.of(TpmHash.SHA256, pcrs),
          Optional.of(made.log()),
          Optional.of(list));
    }

    private UntrustedEvidence signed(SoftTpm tpm, BenchEvidence made, Bytes list) {
      SortedMap<Integer, Bytes> pcrs = new TreeMap<>(made.pcrs());
      pcrs.put(ENCLAVE_PCR, TpmHash.SHA256.extend(Bytes.zeros(32), challenge.enclaveId()));
      pcrs.keySet().retainAll(policy.pcrs());
      SoftTpm.Quote quote = tpm.quote(challenge.extraData(), pcrs);
      return new UntrustedEvidence(
          quote.attest(),
          quote.signature(),
          tpm.ak(),
          PcrValues.of(TpmHash.SHA256, pcrs),
          Optional.of(made.log()),
          Optional.of(list));
    }
  }

  /** An event log alone. */
  @State(Scope.Benchmark)
  public static class Log {
    byte[] bytes = new byte[0];

    /** Reads it. */
    @Setup
    public void prepare() throws Exception {
      Providers.asTheService();
      bytes = BenchEvidence.of(1).log().toArray();
    }
  }

  /** Quote, event log, IMA list and policy to a verdict. */
  @Benchmark
  public Verdict whole(Whole given) {
    Verdict verdict =
        Verifier.appraise(given.policy, given.evidence.orElseThrow(), given.challenge).verdict();
    if (verdict instanceof Verdict.Refused refused) {
      throw new IllegalStateException("refused: " + refused.findings());
    }
    return verdict;
  }

  /** Event log: parsed, replayed, facts drawn. */
  @Benchmark
  public BootFacts eventLog(Log given) throws MalformedException {
    UntrustedEventLog log = UntrustedEventLog.parse(given.bytes, LogLimits.DEFAULT);
    PcrValues replayed = Replay.replay(log, TpmHash.SHA256);
    if (replayed.banks().isEmpty()) {
      throw new IllegalStateException("nothing replayed");
    }
    return BootFacts.draw(log, TpmHash.SHA256);
  }
}
