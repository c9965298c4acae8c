package org.shieldwall.evidence.check;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.ImaPolicy;
import org.shieldwall.evidence.ImaResume;
import org.shieldwall.evidence.SignedPath;
import org.shieldwall.evidence.ima.ImaEntry;
import org.shieldwall.evidence.ima.ImaOptions;
import org.shieldwall.evidence.ima.ImaReplay;
import org.shieldwall.evidence.ima.ImaSignature;
import org.shieldwall.evidence.ima.ImaSummary;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/**
 * The IMA list against the quoted PCR 10 and an allow-list. Entries that were added after the quote
 * are neither proven nor judged.
 */
public final class ImaReading {
  private static final int IMA_PCR = 10;
  private static final String BOOT_AGGREGATE = "boot_aggregate";

  /** So many entries of one kind are told apart; of more, only how many. */
  private static final int MOST_FINDINGS = 20;

  private final ImaPolicy policy;
  private final TpmHash bank;
  private final PcrValues values;
  private final List<Finding> findings = new ArrayList<>();
  private final List<Judged> suspects = new ArrayList<>();
  private Optional<Bytes> aggregate = Optional.empty();
  private String aggregateHash = "";

  /** An entry that is refused if the quote covers it. */
  private record Judged(long index, Finding finding) {}

  private final Optional<ImaResume> from;
  private OptionalLong covered = OptionalLong.empty();

  private ImaReading(ImaPolicy policy, TpmHash bank, PcrValues values, Optional<ImaResume> from) {
    this.policy = policy;
    this.bank = bank;
    this.values = values;
    this.from = from;
  }

  static ImaReading of(HostEvidence host) {
    ImaReading reading =
        new ImaReading(
            host.settings().codeIntegrity().ima().orElseThrow(),
            host.policy().bank(),
            host.values(),
            host.challenge().imaResume());
    Optional<Bytes> list = host.evidence().imaList();
    if (reading.from.isPresent() && !isSameBoot(reading.from.get(), host)) {
      reading.findings.add(
          new Finding(
              FindingCode.IMA_OFFSET_STALE,
              "the entries accepted before are of another boot",
              "reset count " + reading.from.get().resetCount(),
              host.attest()
                  .map(each -> "reset count " + each.clock().resetCount())
                  .orElse("no quote")));
    } else if (list.isPresent()) {
      reading.covered = reading.appraise(list.get());
    } else {
      reading.findings.add(Finding.missing("an IMA list", "the host sent no IMA list"));
    }
    return reading;
  }

  List<Finding> findings() {
    return findings;
  }

  /** {@return how many entries the quote covers; 0 if the list does not lead to it} */
  public long covered() {
    return covered.orElse(0);
  }

  /** {@return where the next appraisal can start, if all was accepted up to there} */
  public Optional<ImaResume> resume(long resetCount) {
    return covered() < 1 || !findings.isEmpty()
        ? Optional.empty()
        : values.value(bank, IMA_PCR).map(quoted -> new ImaResume(covered(), quoted, resetCount));
  }

  private static boolean isSameBoot(ImaResume resume, HostEvidence host) {
    return resume.pcr10().length() == host.policy().bank().size()
        && host.attest()
            .filter(each -> each.clock().resetCount() == resume.resetCount())
            .isPresent();
  }

  private long before() {
    return from.map(ImaResume::entries).orElse(0L);
  }

  private OptionalLong appraise(Bytes list) {
    Optional<Bytes> quoted = values.value(bank, IMA_PCR);
    if (quoted.isEmpty()) {
      findings.add(Finding.missing("a value of PCR 10", "the host sent no value of PCR 10"));
      return OptionalLong.empty();
    }
    // SHA-1 extends the digest in the list, so there the data must be held against it.
    ImaOptions options =
        new ImaOptions(
            Set.of(bank),
            bank == TpmHash.SHA1,
            Optional.of(new ImaOptions.Expected(bank, quoted.get())),
            from.map(each -> new ImaOptions.Expected(bank, each.pcr10())));
    try {
      ImaSummary summary =
          ImaReplay.replay(new ByteArrayInputStream(list.toArray()), options, this::entry);
      return conclude(summary, quoted.get());
    } catch (MalformedException e) {
      findings.add(Finding.malformed("the IMA list", e));
      return OptionalLong.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory does not fail", e);
    }
  }

  private OptionalLong conclude(ImaSummary summary, Bytes quoted) {
    if (summary.matchedPrefix().isEmpty() || summary.mismatchCount() > 0) {
      findings.add(
          new Finding(
              FindingCode.IMA_REPLAY_MISMATCH,
              "no beginning of the list leads to the quoted PCR 10",
              quoted.hex(),
              summary.pcr10().get(bank) + " after " + summary.entries() + " entries"));
      return OptionalLong.empty();
    }
    long quotedEntries = summary.matchedPrefix().getAsLong();
    suspects.stream()
        .filter(each -> each.index() < quotedEntries)
        .limit(MOST_FINDINGS)
        .map(Judged::finding)
        .forEach(findings::add);
    if (policy.requireBootAggregate() && from.isEmpty()) {
      bootAggregate(quotedEntries);
    }
    requireMeasuring(before() + quotedEntries);
    return OptionalLong.of(before() + quotedEntries);
  }

  /**
   * Without a policy of its own the kernel measures nothing after its first entry (kernel, {@code
   * ima_policy.c}: no default rules), and a list of nothing shows nothing.
   */
  private void requireMeasuring(long entries) {
    if (entries <= (aggregate.isPresent() ? 1 : 0)) {
      findings.add(
          new Finding(
              FindingCode.IMA_MEASURES_NOTHING,
              "the kernel has measured no program since it booted",
              "at least the first program that it started",
              aggregate.isPresent() ? "boot_aggregate alone" : "no entry"));
    }
  }

  private void entry(ImaEntry entry) {
    if (entry.index() == 0 && from.isEmpty() && entry.isNamed(BOOT_AGGREGATE)) {
      aggregate = Optional.of(entry.fileDigest());
      aggregateHash = entry.hashName();
      return;
    }
    if (suspects.size() >= MOST_FINDINGS) {
      return;
    }
    // Of a violation nothing is extended but ones: its name is whatever the list says.
    if (entry.isViolation()) {
      if (policy.refuseViolations()) {
        suspect(entry, FindingCode.IMA_VIOLATION, "no violation", "a violation");
      }
    } else if (!policy.allowed().contains(entry.fileDigest())) {
      unlisted(entry);
    }
  }

  private void unlisted(ImaEntry entry) {
    String path = policy.signed().isEmpty() && policy.excluded().isEmpty() ? "" : entry.fileName();
    if (policy.excludes(path)) {
      return;
    }
    List<SignedPath> signers =
        policy.signed().stream().filter(each -> path.startsWith(each.prefix())).toList();
    Bytes digest = entry.fileDigest();
    String found = entry.hashName() + ":" + digest.hex();
    if (signers.isEmpty() || entry.signature().isEmpty()) {
      suspect(entry, FindingCode.IMA_NOT_ALLOWED, "a digest on the allow-list", found);
      return;
    }
    Bytes signature = entry.signature();
    boolean signed =
        signers.stream()
            .anyMatch(
                each -> ImaSignature.verify(signature, each.signer(), entry.hashName(), digest));
    if (!signed) {
      suspect(
          entry,
          FindingCode.IMA_SIGNATURE_INVALID,
          "a signature by "
              + String.join(" or ", signers.stream().map(SignedPath::signerName).toList()),
          found + " with a signature by nobody of these");
    }
  }

  private void suspect(ImaEntry entry, FindingCode code, String expected, String found) {
    suspects.add(
        new Judged(
            entry.index(),
            new Finding(
                code,
                "entry " + (before() + entry.index()) + ", " + entry.fileName(),
                expected,
                found)));
  }

  /** Kernel, {@code ima_calc_boot_aggregate_tfm}: PCRs 0 to 7, since 5.8 to 9 but for SHA-1. */
  private void bootAggregate(long quotedEntries) {
    boolean sameBank = TpmHash.ofLabel(aggregateHash).equals(Optional.of(bank));
    boolean right =
        quotedEntries > 0
            && sameBank
            && aggregate.isPresent()
            && (over(7).equals(aggregate) || over(9).equals(aggregate));
    if (!right) {
      findings.add(
          new Finding(
              FindingCode.IMA_BOOT_AGGREGATE,
              "the first entry is not the boot_aggregate of the quoted PCRs",
              over(9).map(Bytes::hex).orElse("a digest over PCRs 0 to 9"),
              aggregate.map(d -> aggregateHash + ":" + d.hex()).orElse("no boot_aggregate")));
    }
  }

  private Optional<Bytes> over(int last) {
    MessageDigest digest = bank.digest();
    for (int pcr = 0; pcr <= last; pcr++) {
      Optional<Bytes> value = values.value(bank, pcr);
      if (value.isEmpty()) {
        return Optional.empty();
      }
      value.get().updateInto(digest);
    }
    return Optional.of(Bytes.of(digest.digest()));
  }
}
