package org.shieldwall.evidence.ima;

import java.io.IOException;
import java.io.InputStream;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * Replays a list into PCR 10, entry by entry. In the SHA-1 bank the template digest of the list is
 * extended; in any other the hash of the template data in that bank's algorithm, not the SHA-1
 * digest filled up.
 */
public final class ImaReplay {
  private static final int IMA_PCR = 10;

  private final ImaOptions options;
  private final byte[] expected;
  private final List<Bank> banks = new ArrayList<>();
  private final SortedMap<String, Long> templates = new TreeMap<>();
  private final List<ImaMismatch> mismatches = new ArrayList<>();
  private final Map<Integer, Bank> templateHashes = new TreeMap<>();
  private String template = "";
  private long ofTemplate;
  private long entries;
  private long violations;
  private long mismatchCount;
  private long matchedPrefix = -1;

  private ImaReplay(ImaOptions options) {
    this.options = options;
    this.expected = options.expected().map(each -> each.value().toArray()).orElse(new byte[0]);
    options.banks().forEach(each -> banks.add(new Bank(each)));
    options.start().ifPresent(this::start);
    for (TpmHash hash : List.of(TpmHash.SHA1, TpmHash.SHA256, TpmHash.SHA384, TpmHash.SHA512)) {
      templateHashes.put(hash.size(), new Bank(hash));
    }
  }

  private void start(ImaOptions.Expected from) {
    for (Bank bank : banks) {
      if (bank.hash == from.bank()) {
        System.arraycopy(from.value().toArray(), 0, bank.pcr, 0, bank.pcr.length);
      }
    }
  }

  /** One bank's PCR 10, in buffers that are used again for each entry. */
  private static final class Bank {
    final TpmHash hash;
    final MessageDigest digest;
    final byte[] pcr;
    final byte[] work;

    Bank(TpmHash hash) {
      this.hash = hash;
      this.digest = hash.digest();
      this.pcr = new byte[hash.size()];
      this.work = new byte[hash.size()];
    }

    void hash(byte[] data, int size) {
      digest.update(data, 0, size);
      finish(work);
    }

    void extend() {
      digest.update(pcr);
      digest.update(work);
      finish(pcr);
    }

    private void finish(byte[] into) {
      try {
        digest.digest(into, 0, into.length);
      } catch (DigestException e) {
        throw new IllegalStateException(hash.label() + " is longer than it says", e);
      }
    }
  }

  /**
   * Reads a whole list.
   *
   * @param in the list, in the kernel's binary or text form; read to its end and not closed
   * @param visitor is shown each entry, before it is known whether the list is the quoted one
   * @throws MalformedException with the offset of the entry that cannot be read
   */
  public static ImaSummary replay(InputStream in, ImaOptions options, Consumer<ImaEntry> visitor)
      throws IOException, MalformedException {
    ImaReplay replay = new ImaReplay(options);
    ImaReader reader = ImaReader.open(in);
    replay.match();
    while (reader.next()) {
      replay.entry(reader.entry());
      visitor.accept(reader.entry());
    }
    return replay.summary();
  }

  private void entry(ImaEntry entry) {
    entries++;
    count(entry.template());
    boolean violation = entry.isViolation();
    if (violation) {
      violations++;
    } else if (options.checkTemplateDigests()) {
      checkTemplateDigest(entry);
    }
    if (entry.pcr() != IMA_PCR) {
      return;
    }
    for (Bank bank : banks) {
      if (violation) {
        Arrays.fill(bank.work, (byte) 0xFF);
      } else if (bank.work.length == entry.templateDigestSize && bank.hash == TpmHash.SHA1) {
        System.arraycopy(entry.templateDigest, 0, bank.work, 0, bank.work.length);
      } else {
        bank.hash(entry.data, entry.dataSize);
      }
      bank.extend();
    }
    match();
  }

  private void count(String name) {
    if (!name.equals(template)) {
      flushTemplate();
      template = name;
    }
    ofTemplate++;
  }

  private void flushTemplate() {
    if (ofTemplate > 0) {
      templates.merge(template, ofTemplate, Long::sum);
      ofTemplate = 0;
    }
  }

  private void checkTemplateDigest(ImaEntry entry) {
    int size = entry.templateDigestSize;
    Bank hash = templateHashes.get(size);
    byte[] right = new byte[0];
    if (hash != null) {
      hash.hash(entry.data, entry.dataSize);
      right = hash.work;
    }
    if (same(right, entry)) {
      return;
    }
    if (size == 32 && FileHash.isSm3(entry.hashName())) {
      right = Sm3.hash(entry.data, entry.dataSize);
      if (same(right, entry)) {
        return;
      }
    }
    mismatchCount++;
    if (mismatches.size() < ImaSummary.MOST_MISMATCHES) {
      mismatches.add(
          new ImaMismatch(
              entry.index(),
              entry.offset(),
              Bytes.of(right).hex(),
              entry.templateDigestBytes().hex()));
    }
  }

  private static boolean same(byte[] digest, ImaEntry entry) {
    return Arrays.equals(
        digest, 0, digest.length, entry.templateDigest, 0, entry.templateDigestSize);
  }

  private void match() {
    if (matchedPrefix >= 0 || options.expected().isEmpty()) {
      return;
    }
    TpmHash wanted = options.expected().get().bank();
    for (Bank bank : banks) {
      // A quoted PCR is no secret: nothing is learnt from how long this takes.
      if (bank.hash == wanted && Arrays.equals(bank.pcr, expected)) {
        matchedPrefix = entries;
      }
    }
  }

  private ImaSummary summary() {
    flushTemplate();
    Map<TpmHash, Bytes> pcr10 = new EnumMap<>(TpmHash.class);
    banks.forEach(each -> pcr10.put(each.hash, Bytes.of(each.pcr)));
    return new ImaSummary(
        entries,
        violations,
        templates,
        pcr10,
        mismatches,
        mismatchCount,
        matchedPrefix < 0 ? OptionalLong.empty() : OptionalLong.of(matchedPrefix));
  }
}
