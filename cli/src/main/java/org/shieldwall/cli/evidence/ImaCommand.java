package org.shieldwall.cli.evidence;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.ima.ImaMismatch;
import org.shieldwall.evidence.ima.ImaOptions;
import org.shieldwall.evidence.ima.ImaReplay;
import org.shieldwall.evidence.ima.ImaSummary;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code evidence ima}: what a measurement list leads to. */
@Command(
    name = "ima",
    mixinStandardHelpOptions = true,
    description = {
      "Replay an IMA measurement list, binary or text, into PCR 10.",
      "Exit code 0: its digests hold; 1: one does not, or no beginning of it leads to the value"
          + " expected; 2: it is malformed."
    })
final class ImaCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "FILE",
      description =
          "The list, e.g. /sys/kernel/security/ima/binary_runtime_measurements, or a capture.")
  private Path file = Path.of("");

  @Option(
      names = "--expect",
      paramLabel = "HASH:HEX",
      description = "A value of PCR 10, e.g. sha256:5d75…; the list may have grown since.")
  private Optional<String> expect = Optional.empty();

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    Optional<ImaOptions.Expected> expected = expect.map(ImaCommand::expected);
    Set<TpmHash> banks = EnumSet.of(TpmHash.SHA1, TpmHash.SHA256);
    expected.ifPresent(each -> banks.add(each.bank()));
    try (InputStream in = EvidenceFiles.imaList(file)) {
      ImaSummary summary = ImaReplay.replay(in, new ImaOptions(banks, true, expected), _ -> {});
      return show(summary);
    } catch (MalformedException e) {
      throw EvidenceFiles.malformed(file, e);
    } catch (IOException e) {
      throw InputFile.unreadable(file, e);
    }
  }

  private static ImaOptions.Expected expected(String text) {
    int colon = text.indexOf(':');
    Optional<TpmHash> bank =
        colon < 0 ? Optional.empty() : TpmHash.ofLabel(text.substring(0, colon));
    try {
      Bytes value = Bytes.ofHex(text.substring(colon + 1));
      if (bank.isPresent() && bank.get().isSupported() && value.length() == bank.get().size()) {
        return new ImaOptions.Expected(bank.get(), value);
      }
    } catch (IllegalArgumentException e) {
      // Said below, with what is right.
    }
    throw new Failure(
        "--expect is no value of PCR 10", "write e.g. sha256: and 64 digits", Failure.MALFORMED);
  }

  private int show(ImaSummary summary) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Output.indented(toJson(summary)));
    } else {
      toText(out, summary);
    }
    out.flush();
    boolean unmatched = expect.isPresent() && summary.matchedPrefix().isEmpty();
    return summary.mismatchCount() > 0 || unmatched ? Failure.REFUSED : 0;
  }

  private static ObjectNode toJson(ImaSummary summary) {
    ObjectNode result = Output.object();
    result.put("entries", summary.entries());
    result.put("violations", summary.violations());
    ObjectNode templates = result.putObject("templates");
    summary.templates().forEach(templates::put);
    ObjectNode pcr10 = result.putObject("pcr10");
    summary.pcr10().forEach((bank, value) -> pcr10.put(bank.label(), value.hex()));
    ArrayNode mismatches = result.putArray("mismatches");
    for (ImaMismatch each : summary.mismatches()) {
      mismatches
          .addObject()
          .put("entry", each.entry())
          .put("offset", each.offset())
          .put("expected", each.expected())
          .put("found", each.found());
    }
    result.put("mismatchCount", summary.mismatchCount());
    if (summary.matchedPrefix().isPresent()) {
      result.put("matchedPrefix", summary.matchedPrefix().getAsLong());
    } else {
      result.putNull("matchedPrefix");
    }
    return result;
  }

  private void toText(PrintWriter out, ImaSummary summary) {
    out.printf("%d entries, %d violations%n", summary.entries(), summary.violations());
    summary.templates().forEach((name, count) -> out.printf("  %-10s %d%n", name, count));
    out.println("PCR 10 after the last entry:");
    summary.pcr10().forEach((bank, value) -> out.printf("  %-7s %s%n", bank.label(), value.hex()));
    for (ImaMismatch each : summary.mismatches()) {
      out.printf(
          "mismatch: entry %d at offset %d: its data hashes to %s, the list says %s%n",
          each.entry(), each.offset(), each.expected(), each.found());
    }
    long more = summary.mismatchCount() - summary.mismatches().size();
    if (more > 0) {
      out.printf("mismatch: and %d more%n", more);
    }
    if (expect.isPresent()) {
      out.println(
          summary.matchedPrefix().isPresent()
              ? "The value expected is that after "
                  + summary.matchedPrefix().getAsLong()
                  + " entries."
              : "No beginning of the list leads to the value expected.");
    }
  }
}
