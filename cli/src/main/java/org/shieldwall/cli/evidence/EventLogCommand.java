package org.shieldwall.cli.evidence;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.LogProblem;
import org.shieldwall.evidence.eventlog.Replay;
import org.shieldwall.evidence.eventlog.UnloggedExit;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code evidence eventlog}: what a log replays to, and what it proves. */
@Command(
    name = "eventlog",
    mixinStandardHelpOptions = true,
    description = {
      "Replay a TCG event log and show what it proves.",
      "Exit code 0: it can be read; 1: it contradicts itself, or the PCR values given; 2: it is"
          + " malformed."
    })
final class EventLogCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "FILE",
      description =
          "The log, e.g. /sys/kernel/security/tpm0/binary_bios_measurements, or a capture.")
  private Path file = Path.of("");

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Option(
      names = "--pcrs",
      paramLabel = "FILE",
      description = "PCR values that the log must lead to: JSON, or the output of tpm2_pcrread.")
  private Optional<Path> pcrs = Optional.empty();

  @Option(
      names = "--bank",
      paramLabel = "HASH",
      description = "The bank to draw facts from; SHA-256 unless given.")
  private Optional<String> bank = Optional.empty();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    byte[] bytes = EvidenceFiles.eventLog(file);
    try {
      UntrustedEventLog log = UntrustedEventLog.parse(bytes, LogLimits.DEFAULT);
      return show(log);
    } catch (MalformedException e) {
      throw EvidenceFiles.malformed(file, e);
    }
  }

  private int show(UntrustedEventLog log) throws MalformedException {
    List<PcrValues> replayed = new ArrayList<>();
    for (TpmHash each : log.banks()) {
      replayed.add(Replay.replay(log, each));
    }
    Optional<BootFacts> facts = chosenBank(log).map(each -> BootFacts.draw(log, each));
    List<LogProblem> problems = facts.map(BootFacts::problems).orElse(List.of());
    List<String> mismatches = pcrs.map(given -> mismatches(given, replayed)).orElse(List.of());
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Output.indented(toJson(log, replayed, facts, problems, mismatches)));
    } else {
      toText(out, log, replayed, facts, problems, mismatches);
    }
    out.flush();
    if (problems.stream().anyMatch(each -> each.code().isMalformed())) {
      return Failure.MALFORMED;
    }
    boolean contradicted = problems.stream().anyMatch(each -> each.code().isContradiction());
    return contradicted || !mismatches.isEmpty() ? Failure.REFUSED : 0;
  }

  private Optional<TpmHash> chosenBank(UntrustedEventLog log) {
    if (bank.isEmpty()) {
      return log.usualBank();
    }
    return Optional.of(
        TpmHash.ofLabel(bank.get())
            .filter(log.banks()::contains)
            .orElseThrow(() ->
                new Failure(
                    "the log has no complete bank " + bank.get(),
                    "it has " + labels(log.banks()),
                    Failure.REFUSED)));
  }

  private static String labels(List<TpmHash> hashes) {
    return hashes.isEmpty()
        ? "none"
        : String.join(", ", hashes.stream().map(TpmHash::label).toList());
  }

  /** Only PCRs that the log says something about: an operating system extends others by itself. */
  private static List<String> mismatches(Path given, List<PcrValues> replayed) {
    PcrValues expected = PcrFile.read(given);
    List<String> mismatches = new ArrayList<>();
    for (PcrValues bankValues : replayed) {
      bankValues
          .banks()
          .forEach((hash, values) ->
              values.forEach((pcr, value) -> {
                Optional<Bytes> wanted = expected.value(hash, pcr);
                if (wanted.isPresent() && !wanted.get().equals(value)) {
                  mismatches.add(
                      "PCR %d of bank %s: the log leads to %s, not to %s%s"
                          .formatted(
                              pcr,
                              hash.label(),
                              value,
                              wanted.get(),
                              quirk(pcr, hash, value, wanted.get())));
                }
              }));
    }
    return mismatches;
  }

  /** What explains a mismatch without an attack, and does not excuse it. */
  private static String quirk(int pcr, TpmHash bank, Bytes value, Bytes wanted) {
    return pcr == UnloggedExit.PCR && UnloggedExit.after(bank, value).equals(wanted)
        ? ", which is where the two events of ExitBootServices lead from there: this firmware"
            + " measures them and does not record them"
        : "";
  }

  private static ObjectNode toJson(
      UntrustedEventLog log,
      List<PcrValues> replayed,
      Optional<BootFacts> facts,
      List<LogProblem> problems,
      List<String> mismatches) {
    ObjectNode result = Output.object();
    result.put("format", log.format().label());
    ArrayNode algorithms = result.putArray("algorithms");
    log.algorithms().forEach(each -> algorithms.add(each.label()));
    ObjectNode banks = result.putObject("pcrs");
    for (PcrValues bankValues : replayed) {
      bankValues.banks().forEach((hash, values) -> put(banks.putObject(hash.label()), values));
    }
    result.put("events", log.events().size());
    result.set("facts", facts.map(FactsOutput::toJson).orElseGet(Output::object));
    ArrayNode list = result.putArray("problems");
    for (LogProblem each : problems) {
      ObjectNode problem =
          list.addObject()
              .put("code", each.code().label())
              .put("offset", each.offset())
              .put("detail", each.detail());
      if (each.event() < 0) {
        problem.putNull("event");
      } else {
        problem.put("event", each.event());
      }
    }
    mismatches.forEach(each ->
        list.addObject().put("code", "replay-mismatch").putNull("event").put("detail", each));
    return result;
  }

  private static void put(ObjectNode node, SortedMap<Integer, Bytes> values) {
    for (Map.Entry<Integer, Bytes> each : values.entrySet()) {
      node.put(each.getKey().toString(), each.getValue().hex());
    }
  }

  private static void toText(
      PrintWriter out,
      UntrustedEventLog log,
      List<PcrValues> replayed,
      Optional<BootFacts> facts,
      List<LogProblem> problems,
      List<String> mismatches) {
    out.printf(
        "%s log of %d events, banks %s%n",
        log.format().label(), log.events().size(), labels(log.algorithms()));
    facts.ifPresent(found -> FactsOutput.toText(found, out));
    for (PcrValues bankValues : replayed) {
      bankValues
          .banks()
          .forEach((hash, values) -> {
            out.printf("PCRs the log leads to, bank %s:%n", hash.label());
            values.forEach((pcr, value) -> out.printf("  %2d  %s%n", pcr, value.hex()));
          });
    }
    for (LogProblem each : problems) {
      out.printf(
          "problem: %s%s: %s%n",
          each.code().label(),
          each.event() < 0 ? "" : " in event " + each.event() + " at offset " + each.offset(),
          each.detail());
    }
    mismatches.forEach(each -> out.printf("problem: replay-mismatch: %s%n", each));
  }
}
