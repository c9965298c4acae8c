package org.shieldwall.lab.attack;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Output;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What became of every attack. */
final class Report {
  private final @Nullable PrintWriter live;
  private final List<Played> played = new ArrayList<>();
  private final long began = System.nanoTime();

  /** An attack and its outcome. */
  record Played(Attack attack, Outcome outcome, double seconds) {}

  /**
   * An empty report.
   *
   * @param live told each outcome at once, if there
   */
  Report(@Nullable PrintWriter live) {
    this.live = live;
  }

  void add(Attack attack, Outcome outcome, double seconds) {
    played.add(new Played(attack, outcome, seconds));
    if (live != null) {
      live.printf(
          Locale.ROOT,
          "%-12s %s %s %-34s %5.1f s  %s%n",
          outcome.word(),
          attack.attacker(),
          attack.promise(),
          attack.name(),
          seconds,
          outcome.line());
    }
  }

  List<Played> played() {
    return List.copyOf(played);
  }

  /** {@return whether none succeeded or failed} */
  boolean good() {
    return played.stream().allMatch(each -> each.outcome().good());
  }

  private Map<String, Integer> counts() {
    Map<String, Integer> counts = new TreeMap<>();
    played.forEach(each -> counts.merge(each.outcome().word(), 1, Integer::sum));
    return counts;
  }

  private long tried() {
    return played.stream().filter(each -> !(each.outcome() instanceof Outcome.NotTried)).count();
  }

  void end(PrintWriter out, boolean json) {
    double seconds = (System.nanoTime() - began) / 1e9;
    if (!json) {
      out.printf(Locale.ROOT, "%d attacks tried in %.0f s: %s%n", tried(), seconds, counts());
      out.flush();
      return;
    }
    ObjectNode node = Output.object().put("ok", good()).put("tried", tried());
    node.put("seconds", Math.round(seconds * 10) / 10.0);
    ObjectNode counts = node.putObject("outcomes");
    counts().forEach(counts::put);
    ArrayNode attacks = node.putArray("attacks");
    for (Played each : played) {
      attacks
          .addObject()
          .put("name", each.attack().name())
          .put("attacker", each.attack().attacker().name())
          .put("who", each.attack().attacker().words())
          .put("promise", each.attack().promise())
          .put("precondition", each.attack().precondition())
          .put("tried", each.attack().tried())
          .put("outcome", each.outcome().word())
          .put("line", each.outcome().line())
          .put("seconds", Math.round(each.seconds() * 100) / 100.0);
    }
    out.println(Output.indented(node));
    out.flush();
  }
}
