package org.shieldwall.cli.evidence;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/**
 * PCR values in a file: JSON {@code {"sha256":{"0":"hex",…}}} or {@code {"0":"hex",…}}, the text of
 * {@code tpm2_pcrread}, or the values themselves one after the other.
 */
final class PcrFile {
  private static final int LARGEST = 1 << 20;

  /** A bank's name and a colon, or an index and its value, with or without quotes. */
  private static final Pattern PART =
      Pattern.compile(
          "\"?(sha1|sha256|sha384|sha512|sm3_256|sha3_256|sha3_384|sha3_512)\"?\\s*:"
              + "|\"?(\\d{1,2})\"?\\s*:\\s*\"?(?:0x)?([0-9a-fA-F]{40,128})\"?");

  private static final Pattern BETWEEN = Pattern.compile("[\\s{},]*");

  private PcrFile() {}

  static PcrValues read(Path file) {
    return parse(InputFile.read(file, LARGEST), file, Optional.empty());
  }

  static PcrValues read(Path file, PcrSelection quoted) {
    return parse(InputFile.read(file, LARGEST), file, Optional.of(quoted));
  }

  private static PcrValues parse(byte[] bytes, Path file, Optional<PcrSelection> quoted) {
    Optional<PcrValues> raw = quoted.flatMap(selection -> concatenated(bytes, selection));
    if (raw.isPresent()) {
      return raw.get();
    }
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Map<TpmHash, SortedMap<Integer, Bytes>> banks = new EnumMap<>(TpmHash.class);
    Optional<TpmHash> bank = Optional.empty();
    Matcher part = PART.matcher(text);
    int end = 0;
    while (part.find()) {
      requireNothing(text.substring(end, part.start()), end, file);
      end = part.end();
      if (part.group(1) != null) {
        bank = TpmHash.ofLabel(part.group(1));
      } else {
        Bytes value = hex(part.group(3), part.start(), file);
        TpmHash hash = bank.orElseGet(() -> bySize(value.length(), file));
        put(banks, hash, Integer.parseInt(part.group(2)), value, file, part.start());
      }
    }
    requireNothing(text.substring(end), end, file);
    if (banks.isEmpty()) {
      throw malformed(file, 0, "PCR values", "none");
    }
    return new PcrValues(banks);
  }

  private static void put(
      Map<TpmHash, SortedMap<Integer, Bytes>> banks,
      TpmHash hash,
      int pcr,
      Bytes value,
      Path file,
      int offset) {
    if (value.length() != hash.size()) {
      throw malformed(
          file, offset, hash.size() + " bytes of " + hash.label(), value.length() + " bytes");
    }
    if (banks.computeIfAbsent(hash, _ -> new TreeMap<>()).put(pcr, value) != null) {
      throw malformed(file, offset, "each PCR once", "PCR " + pcr + " again");
    }
  }

  /** What {@code tpm2_pcrread -o} writes: only its length tells whether it fits the quote. */
  private static Optional<PcrValues> concatenated(byte[] bytes, PcrSelection selection) {
    int length = selection.banks().stream().mapToInt(b -> b.pcrs().size() * b.hash().size()).sum();
    if (length == 0 || length != bytes.length) {
      return Optional.empty();
    }
    Map<TpmHash, SortedMap<Integer, Bytes>> banks = new EnumMap<>(TpmHash.class);
    int at = 0;
    for (PcrSelection.Bank bank : selection.banks()) {
      SortedMap<Integer, Bytes> values = new TreeMap<>();
      for (int pcr : bank.pcrs()) {
        values.put(pcr, Bytes.of(bytes).slice(at, at + bank.hash().size()));
        at += bank.hash().size();
      }
      banks.put(bank.hash(), values);
    }
    return Optional.of(new PcrValues(banks));
  }

  private static TpmHash bySize(int size, Path file) {
    return switch (size) {
      case 20 -> TpmHash.SHA1;
      case 32 -> TpmHash.SHA256;
      case 48 -> TpmHash.SHA384;
      case 64 -> TpmHash.SHA512;
      default -> throw malformed(file, 0, "a PCR value", size + " bytes");
    };
  }

  private static Bytes hex(String digits, int offset, Path file) {
    if (digits.length() % 2 != 0) {
      throw malformed(file, offset, "pairs of hexadecimal digits", digits.length() + " digits");
    }
    return Bytes.ofHex(digits);
  }

  private static void requireNothing(String between, int offset, Path file) {
    if (!BETWEEN.matcher(between).matches()) {
      String found = between.strip();
      String shown = found.length() > 24 ? found.substring(0, 24) + "…" : found;
      throw malformed(file, offset, "PCR values", '"' + shown.replaceAll("[^ -~…]", "?") + '"');
    }
  }

  private static Failure malformed(Path file, int offset, String expected, String found) {
    return Failure.malformed(
        file.toString(),
        new MalformedException("PCR values", offset, expected, found),
        "write {\"sha256\":{\"0\":\"hex\",…}}, or use the output of tpm2_pcrread");
  }
}
