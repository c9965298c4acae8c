package org.shieldwall.evidence.quote;

import java.security.PublicKey;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmSignature;

/**
 * Holds one quote against what was asked. In order: the signature over the raw bytes, by an
 * accepted algorithm; magic and type; the extra data; the selection, in both directions; the digest
 * over the values. Every check that can be made is made, whatever the ones before it gave.
 */
public final class QuoteCheck {
  private final PublicKey attestationKey;
  private final QuoteExpectations expected;
  private final List<Finding> findings = new ArrayList<>();

  private QuoteCheck(PublicKey attestationKey, QuoteExpectations expected) {
    this.attestationKey = attestationKey;
    this.expected = expected;
  }

  /** {@return what {@code quote} comes to under this key} */
  public static QuoteAppraisal appraise(
      UntrustedQuote quote, PublicKey attestationKey, QuoteExpectations expected) {
    return new QuoteCheck(attestationKey, expected).appraise(quote);
  }

  /** {@return the finding that these bytes are, if they are a quote of TPM 1.2} */
  public static Optional<Finding> tpm12(Bytes attest) {
    return Tpm12.isQuote(attest)
        ? Optional.of(
            new Finding(
                FindingCode.QUOTE_TPM12,
                "TPM_QUOTE_INFO of TPM 1.2 instead of TPMS_ATTEST",
                "TPM 2.0",
                "TPM 1.2"))
        : Optional.empty();
  }

  private QuoteAppraisal appraise(UntrustedQuote quote) {
    Optional<Finding> old = tpm12(quote.attest());
    if (old.isPresent()) {
      findings.add(old.get());
      return new QuoteAppraisal(findings, Optional.empty(), Optional.empty());
    }
    signature(quote);
    TpmAttest attest;
    try {
      attest = TpmAttest.parse(quote.attest().toArray());
    } catch (MalformedException e) {
      findings.add(Finding.malformed("the quote", e));
      return new QuoteAppraisal(findings, Optional.empty(), Optional.empty());
    }
    if (!(attest.attested() instanceof TpmAttest.Quote(PcrSelection selection, Bytes digest))) {
      add(
          FindingCode.NOT_A_QUOTE,
          "an attestation of another type",
          "TPM_ST_ATTEST_QUOTE",
          attest.attested().getClass().getSimpleName());
      return new QuoteAppraisal(findings, Optional.of(attest), Optional.empty());
    }
    extraData(attest);
    selection(selection);
    Optional<PcrValues> proven =
        quote.pcrs().flatMap(values -> values(values, selection, digest, quote.signature()));
    return new QuoteAppraisal(findings, Optional.of(attest), proven);
  }

  private void signature(UntrustedQuote quote) {
    TpmHash hash = quote.signature().hash();
    if (hash == TpmHash.SHA1 && !expected.acceptSha1()) {
      add(
          FindingCode.QUOTE_SIGNATURE_WEAK,
          "the signature is over a SHA-1 digest",
          "SHA-256 or stronger",
          hash.label());
    }
    if (!quote.signature().verify(attestationKey, quote.attest())) {
      add(
          FindingCode.QUOTE_SIGNATURE_INVALID,
          "the signature does not verify over the bytes that came",
          "a signature by the attestation key",
          quote.signature().scheme() + " with " + hash.label() + " that does not verify");
    }
  }

  private void extraData(TpmAttest attest) {
    if (expected.extraData().isPresent()
        && !attest.extraData().equals(expected.extraData().get())) {
      // Neither value is a secret, but a nonce is of use only to whoever asked for it.
      add(
          FindingCode.QUOTE_NONCE_MISMATCH,
          "the quote's extraData is not what this challenge asks for",
          expected.extraData().get().length() + " bytes for this challenge",
          attest.extraData().length() + " other bytes");
    }
  }

  /** What is needed has to be in the quote. */
  private void selection(PcrSelection selection) {
    Optional<PcrSelection.Bank> bank = selection.bank(expected.bank());
    List<Integer> absent =
        new TreeSet<>(expected.pcrs())
            .stream().filter(pcr -> bank.isEmpty() || !bank.get().has(pcr)).toList();
    if (!absent.isEmpty()) {
      add(
          FindingCode.PCR_NOT_QUOTED,
          "PCR " + join(absent) + " of bank " + expected.bank().label() + " is not in the quote",
          expected.bank().label() + ":" + join(new TreeSet<>(expected.pcrs()).stream().toList()),
          selection.toString());
    }
  }

  /** What is not in the quote is not believed, and what is has to hash to its digest. */
  private Optional<PcrValues> values(
      PcrValues values, PcrSelection selection, Bytes digest, TpmSignature signature) {
    Map<TpmHash, SortedMap<Integer, Bytes>> covered = new EnumMap<>(TpmHash.class);
    values
        .banks()
        .forEach((hash, bank) -> {
          Optional<PcrSelection.Bank> quoted = selection.bank(hash);
          SortedMap<Integer, Bytes> kept = new TreeMap<>(bank);
          kept.keySet().removeIf(pcr -> quoted.isEmpty() || !quoted.get().has(pcr));
          covered.put(hash, kept);
          if (kept.size() != bank.size()) {
            TreeSet<Integer> more = new TreeSet<>(bank.keySet());
            more.removeAll(kept.keySet());
            add(
                FindingCode.PCR_VALUE_NOT_QUOTED,
                "values of PCR "
                    + join(List.copyOf(more))
                    + " of bank "
                    + hash.label()
                    + " came, which the quote does not cover",
                selection.toString(),
                hash.label() + ":" + join(List.copyOf(bank.keySet())));
          }
        });
    PcrValues kept = new PcrValues(covered);
    // TPM2_Quote hashes with the hash of the signing scheme, not of any bank.
    Optional<Bytes> computed =
        signature.hash().isSupported()
            ? kept.digest(signature.hash(), selection)
            : Optional.empty();
    if (computed.isEmpty()) {
      add(
          FindingCode.PCR_DIGEST_MISMATCH,
          "a value of a quoted PCR is missing, so that the digest cannot be computed",
          selection.toString(),
          describe(kept));
      return Optional.empty();
    }
    if (!computed.get().equals(digest)) {
      add(
          FindingCode.PCR_DIGEST_MISMATCH,
          "the digest over the values that came is not the quoted one",
          digest.hex(),
          computed.get().hex());
      return Optional.empty();
    }
    return Optional.of(kept);
  }

  private static String describe(PcrValues values) {
    List<String> banks = new ArrayList<>();
    values
        .banks()
        .forEach((hash, bank) -> banks.add(hash.label() + ":" + join(List.copyOf(bank.keySet()))));
    return String.join("+", banks);
  }

  private static String join(List<Integer> pcrs) {
    return String.join(",", pcrs.stream().map(String::valueOf).toList());
  }

  private void add(FindingCode code, String detail, String expectedValue, String found) {
    findings.add(new Finding(code, detail, expectedValue, found));
  }
}
