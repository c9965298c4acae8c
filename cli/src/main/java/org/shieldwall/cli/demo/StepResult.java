package org.shieldwall.cli.demo;

import java.util.Locale;
import org.shieldwall.cli.Output;
import tools.jackson.databind.node.ObjectNode;

/**
 * What became of one step.
 *
 * @param name the step's name, stable
 * @param asExpected whether what was seen is what should be seen
 * @param outcome one line: what was seen
 * @param finding the code of the refusal, where the step is one; empty otherwise
 * @param seconds how long it took
 */
public record StepResult(
    String name, boolean asExpected, String outcome, String finding, double seconds) {
  ObjectNode toJson() {
    ObjectNode node =
        Output.object()
            .put("step", name)
            .put("ok", asExpected)
            .put("outcome", outcome)
            .put("seconds", Math.round(seconds * 100) / 100.0);
    if (!finding.isEmpty()) {
      node.put("finding", finding);
    }
    return node;
  }

  String toLine() {
    return String.format(
        Locale.ROOT,
        "%s %-27s %6.1f s  %s",
        asExpected ? "ok  " : "FAIL",
        name,
        seconds,
        finding.isEmpty() ? outcome : finding + ": " + outcome);
  }
}
