package org.shieldwall.cli.hgs;

import java.util.List;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.FactDifference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs baseline diff}. */
@Command(
    name = "diff",
    description = {
      "Show in words what differs between two boots, value by value.",
      "Each is the name of a registered baseline, or a file: event log, capture, baseline document."
    },
    mixinStandardHelpOptions = true)
final class BaselineDiffCommand implements Runnable {
  @Parameters(index = "0", paramLabel = "A", description = "A baseline, or a file.")
  private String first = "";

  @Parameters(index = "1", paramLabel = "B", description = "Another.")
  private String second = "";

  @Option(
      names = "--level",
      defaultValue = "boot",
      paramLabel = "LEVEL",
      description = "How much of a log or capture counts: keys, boot, everything. Default: boot.")
  private CaptureLevel level = CaptureLevel.BOOT;

  @Mixin private HgsOptions options = new HgsOptions();

  @Override
  public void run() {
    List<FactDifference> differences = read(first).diff(read(second));
    ObjectNode node =
        Output.object()
            .put("first", first)
            .put("second", second)
            .put("same", differences.isEmpty());
    ArrayNode array = node.putArray("differences");
    for (FactDifference each : differences) {
      array
          .addObject()
          .put("fact", each.fact().label())
          .put("index", each.index())
          .put("first", each.expected())
          .put("second", each.found());
    }
    options.print(
        node,
        () -> {
          if (differences.isEmpty()) {
            options.out().println(first + " and " + second + " ask for the same");
          }
          for (FactDifference each : differences) {
            options.out().println(each.describe());
            options.out().println("  " + first + "  " + each.expected());
            options.out().println("  " + second + "  " + each.found());
          }
        });
  }

  private BootBaseline read(String which) {
    return BaselineFile.orRegistered(which, false, level, options);
  }
}
