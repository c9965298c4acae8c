package org.shieldwall.cli.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.Outcome;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A trace as a tree for people and as JSON for machines (docs/formats.md, trace). What passed takes
 * a line; what did not says what was expected, what was found, why it matters, what mends it and
 * where the documentation explains it.
 */
public final class TraceOutput {
  public static final String FORMAT = "shieldwall-trace-1";

  private TraceOutput() {}

  /**
   * {@return the tree, each line ended}
   *
   * @param plain only ASCII, for terminals and logs that know no other characters
   */
  public static String text(Trace trace, boolean plain) {
    Branches branches = plain ? Branches.PLAIN : Branches.DRAWN;
    StringBuilder out = new StringBuilder();
    out.append(trace.host())
        .append(": ")
        .append(trace.conclusion().label())
        .append(" under policy ")
        .append(trace.policy().name())
        .append(", version ")
        .append(trace.policy().version())
        .append(" (mode ")
        .append(trace.mode())
        .append(", evidence of ")
        .append(trace.at())
        .append(")\n");
    List<Explanation> all = explanations(trace);
    List<Subject> subjects =
        Arrays.stream(Subject.values()).filter(subject -> !of(subject, all).isEmpty()).toList();
    for (Subject subject : subjects) {
      boolean last = subject == subjects.getLast();
      List<Explanation> checks = of(subject, all);
      out.append(branches.branch(last))
          .append(branches.symbol(worst(checks)))
          .append(subject.title())
          .append('\n');
      append(checks, branches.below(last), branches, out);
    }
    trace.notes().forEach(note -> out.append("note: ").append(note).append('\n'));
    return out.toString();
  }

  private static List<Explanation> of(Subject subject, List<Explanation> all) {
    return all.stream().filter(each -> Subject.of(each.check()) == subject).toList();
  }

  /** A branch is as good as the worst of its checks; what is off does not make it better. */
  private static Outcome worst(List<Explanation> checks) {
    return Stream.of(Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.PASS)
        .filter(outcome -> checks.stream().anyMatch(each -> each.outcome() == outcome))
        .findFirst()
        .orElse(Outcome.OFF);
  }

  private static void append(
      List<Explanation> checks, String indent, Branches branches, StringBuilder out) {
    List<Explanation> shown = checks.stream().filter(each -> !isQuiet(each)).toList();
    List<Explanation> quiet = checks.stream().filter(TraceOutput::isQuiet).toList();
    for (Explanation each : shown) {
      boolean last = quiet.isEmpty() && each.check() == shown.getLast().check();
      out.append(indent)
          .append(branches.branch(last))
          .append(branches.symbol(each.outcome()))
          .append(each.check().label())
          .append(": ")
          .append(line(each))
          .append('\n');
      if (each.needsMending()) {
        explain(each, indent + branches.below(last), out);
      }
    }
    if (!quiet.isEmpty()) {
      out.append(indent)
          .append(branches.branch(true))
          .append(branches.symbol(Outcome.OFF))
          .append("not asked for: ")
          .append(
              quiet.stream().map(each -> each.check().label()).collect(Collectors.joining(", ")))
          .append('\n');
    }
  }

  /** Off by policy: named in one line together. Off by exception has an end, and is shown. */
  private static boolean isQuiet(Explanation each) {
    return each.outcome() == Outcome.OFF && each.exceptedUntil().isEmpty();
  }

  private static String line(Explanation each) {
    return switch (each.outcome()) {
      case PASS -> each.check().title() + " (" + each.found() + ")";
      case FAIL -> each.check().title() + ": this failed";
      case NOT_CHECKED -> each.check().title() + ": this was not checked";
      case OFF ->
          "excepted until " + each.exceptedUntil().map(Object::toString).orElse("further notice");
    };
  }

  private static void explain(Explanation each, String indent, StringBuilder out) {
    if (each.findings().size() <= 1) {
      each.findings().forEach(finding -> detail(finding, indent, out));
      part("expected", each.expected(), indent, out);
      part("found", each.found(), indent, out);
    } else {
      for (Finding finding : each.findings()) {
        detail(finding, indent, out);
        part("expected", finding.expected(), indent, out);
        part("found", finding.found(), indent, out);
      }
    }
    part("why", each.why(), indent, out);
    part("mend it", each.remedy(), indent, out);
    part("see", String.join(", ", each.anchors()), indent, out);
  }

  private static void detail(Finding finding, String indent, StringBuilder out) {
    out.append(indent)
        .append("  ")
        .append(finding.code().code())
        .append(": ")
        .append(finding.detail())
        .append('\n');
  }

  private static void part(String name, String text, String indent, StringBuilder out) {
    out.append(indent).append("    ").append("%-9s ".formatted(name)).append(text).append('\n');
  }

  /** {@return the JSON form} */
  public static ObjectNode json(Trace trace) {
    ObjectNode node =
        Output.object()
            .put("format", FORMAT)
            .put("host", trace.host())
            .put("at", trace.at().toString())
            .put("mode", trace.mode());
    node.putObject("policy")
        .put("name", trace.policy().name())
        .put("version", trace.policy().version());
    node.put("verdict", trace.conclusion().label());
    ArrayNode checks = node.putArray("checks");
    explanations(trace).forEach(each -> put(each, checks.addObject()));
    ArrayNode notes = node.putArray("notes");
    trace.notes().forEach(notes::add);
    return node;
  }

  private static void put(Explanation each, ObjectNode node) {
    node.put("check", each.check().label())
        .put("title", each.check().title())
        .put("outcome", each.outcome().label())
        .put("expected", each.expected())
        .put("found", each.found())
        .put("why", each.why())
        .put("remedy", each.remedy())
        .put("anchor", each.anchors().getFirst());
    ArrayNode findings = node.putArray("findings");
    for (Finding finding : each.findings()) {
      findings
          .addObject()
          .put("code", finding.code().code())
          .put("title", finding.code().title())
          .put("detail", finding.detail())
          .put("expected", finding.expected())
          .put("found", finding.found())
          .put("why", finding.code().why())
          .put("remedy", finding.code().remedy())
          .put("anchor", "docs/" + finding.code().anchor());
    }
    node.put("exceptedUntil", each.exceptedUntil().map(Object::toString).orElse(null));
  }

  private static List<Explanation> explanations(Trace trace) {
    return trace.checks().stream()
        .map(
            each -> Explanation.of(each, Optional.ofNullable(trace.exceptions().get(each.check()))))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  /** How a tree is drawn. */
  private enum Branches {
    DRAWN("├─ ", "└─ ", "│  ", "✓ ", "✗ ", "? ", "– "),
    PLAIN("|- ", "`- ", "|  ", "ok   ", "FAIL ", "?    ", "off  ");

    private final String middle;
    private final String last;
    private final String passing;
    private final String pass;
    private final String fail;
    private final String unchecked;
    private final String off;

    Branches(
        String middle,
        String last,
        String passing,
        String pass,
        String fail,
        String unchecked,
        String off) {
      this.middle = middle;
      this.last = last;
      this.passing = passing;
      this.pass = pass;
      this.fail = fail;
      this.unchecked = unchecked;
      this.off = off;
    }

    String branch(boolean isLast) {
      return isLast ? last : middle;
    }

    String below(boolean isLast) {
      return isLast ? "   " : passing;
    }

    String symbol(Outcome outcome) {
      return switch (outcome) {
        case PASS -> pass;
        case FAIL -> fail;
        case NOT_CHECKED -> unchecked;
        case OFF -> off;
      };
    }
  }
}
