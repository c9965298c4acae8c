package org.shieldwall.cli.demo;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The steps, played in order, and what is said of them: a line as each ends, or for machines one
 * object when all have.
 *
 * @param host what the host is, in words
 * @param onFailure what to do if a step does not end as it should
 */
record Performance(String host, List<Demo.Step> steps, String onFailure) {
  /** {@return the exit code: 0 only if every step was played and ended as it should} */
  int forPeople(PrintWriter out, PrintWriter err, long started) {
    out.println("The host is " + host + ".");
    out.flush();
    List<StepResult> results =
        play(result -> {
          out.println(result.toLine());
          out.flush();
        });
    boolean ok = asExpected(results);
    out.printf(
        Locale.ROOT,
        "%s in %.0f s%n",
        ok ? "All as it should be," : "Not as it should be,",
        since(started));
    out.flush();
    if (!ok) {
      err.println("error: the demonstration did not go as it should");
      err.println("hint:  " + onFailure);
      err.flush();
    }
    return ok ? 0 : Failure.REFUSED;
  }

  /** {@return the same; {@code out} is given one JSON object, whatever happens} */
  int forMachines(PrintWriter out, long started) {
    List<StepResult> results = play(_ -> {});
    boolean ok = asExpected(results);
    ObjectNode node = Output.object().put("ok", ok).put("host", host);
    node.put("seconds", Math.round(since(started) * 10) / 10.0);
    ArrayNode array = node.putArray("steps");
    results.forEach(result -> array.add(result.toJson()));
    if (!ok) {
      node.put("hint", onFailure);
    }
    out.println(Output.indented(node));
    out.flush();
    return ok ? 0 : Failure.REFUSED;
  }

  private interface Audience {
    void see(StepResult result);
  }

  private List<StepResult> play(Audience audience) {
    List<StepResult> results = new ArrayList<>();
    for (Demo.Step step : steps) {
      StepResult result = step.run();
      results.add(result);
      audience.see(result);
      if (!result.asExpected() && step.othersNeedIt()) {
        break;
      }
    }
    return results;
  }

  private boolean asExpected(List<StepResult> results) {
    return results.size() == steps.size() && results.stream().allMatch(StepResult::asExpected);
  }

  private static double since(long started) {
    return (System.nanoTime() - started) / 1e9;
  }
}
