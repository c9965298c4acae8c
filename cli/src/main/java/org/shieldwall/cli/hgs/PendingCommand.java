package org.shieldwall.cli.hgs;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FactDifference;
import org.shieldwall.hgs.admin.Pending;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs pending list | show | approve | dismiss}. */
@Command(
    name = "pending",
    description = {
      "Boots that wait for you: hosts that have proved what they booted, and it is no accepted"
          + " baseline.",
      "After an update of firmware or kernel, look at the difference and approve it."
    },
    mixinStandardHelpOptions = true)
final class PendingCommand implements Runnable {
  private static final String NOT_MENDED = "approval alone does not mend: ";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "list",
      description = "List the hosts whose boots wait, with what differs.",
      mixinStandardHelpOptions = true)
  void list(
      @Option(names = "--all", description = "Those that were dismissed, too.") boolean all,
      @Mixin HgsOptions options) {
    List<Pending> pending = options.administer(admin -> admin.pending().list(all));
    ObjectNode node = Output.object();
    ArrayNode array = node.putArray("pending");
    pending.forEach(each -> array.add(node(each)));
    options.print(
        node,
        () -> {
          if (pending.isEmpty()) {
            options.out().println("No boot waits for approval.");
          }
          for (Pending each : pending) {
            options.out().println(head(each));
            differences(each).forEach(line -> options.out().println("  " + line));
          }
          if (!pending.isEmpty()) {
            options
                .out()
                .println(
                    "If it was you: shieldwall hgs pending approve HOST --expires 14d; one approval"
                        + " serves every host with the same boot");
          }
        });
  }

  private static String head(Pending each) {
    return each.host().name()
        + ": refused "
        + each.last().at()
        + ", "
        + each.before()
            .map(before -> "differs from baseline " + before.name())
            .orElse("no baseline to compare with")
        + (each.dismissed() ? " (dismissed)" : "");
  }

  private static List<String> differences(Pending each) {
    List<String> lines = new java.util.ArrayList<>();
    for (FactDifference difference : each.difference()) {
      lines.add(difference.describe());
      lines.add("  expected  " + difference.expected());
      lines.add("  found     " + difference.found());
    }
    if (!each.beside().isEmpty()) {
      lines.add(NOT_MENDED + String.join(", ", each.beside().stream().map(Check::label).toList()));
    }
    return lines;
  }

  private static ObjectNode node(Pending each) {
    ObjectNode node =
        Output.object()
            .put("host", each.host().name())
            .put("at", each.last().at().toString())
            .put("before", each.before().map(BootBaseline::name).orElse(null))
            .put("dismissed", each.dismissed());
    ArrayNode differences = node.putArray("differences");
    for (FactDifference difference : each.difference()) {
      differences
          .addObject()
          .put("detail", difference.describe())
          .put("expected", difference.expected())
          .put("found", difference.found());
    }
    ArrayNode beside = node.putArray("failsBeside");
    each.beside().forEach(check -> beside.add(check.label()));
    return node;
  }

  @Command(
      name = "show",
      description = "Show what differs, and in words what hosts would be held to if you approved.",
      mixinStandardHelpOptions = true)
  void show(
      @Parameters(paramLabel = "HOST", description = "The host's name.") String host,
      @Mixin HgsOptions options) {
    Pending pending = options.administer(admin -> admin.pending().find(host));
    options.print(
        node(pending).put("wouldRequire", pending.boot().describe()),
        () -> {
          options.out().println(head(pending));
          differences(pending).forEach(line -> options.out().println("  " + line));
          options.out().println();
          options.out().print(pending.boot().describe());
        });
  }

  @Command(
      name = "approve",
      description = {
        "Accept the boot of a host, for every host that boots the same.",
        "The baseline before it counts for as long as --expires says, so that hosts that have not been"
            + " updated stay healthy until then; without --expires it counts on."
      },
      mixinStandardHelpOptions = true)
  void approve(
      @Parameters(paramLabel = "HOST", description = "The host's name.") String host,
      @Option(
              names = "--name",
              paramLabel = "NAME",
              description = "What to call the new baseline. Default: the one before, and the day.")
          Optional<String> name,
      @Option(
              names = "--expires",
              paramLabel = "TIME",
              description = "For how long the baseline before still counts: 12h, 14d.")
          Optional<String> expires,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Option(names = "--dry-run", description = "Show, and change nothing.") boolean dryRun,
      @Mixin HgsOptions options) {
    Pending pending = options.administer(admin -> admin.pending().find(host));
    if (!options.json()) {
      options.out().println(head(pending));
      differences(pending).forEach(line -> options.out().println("  " + line));
      options.out().flush();
    }
    if (dryRun) {
      options.print(
          node(pending).put("approved", false),
          () -> options.out().println("Nothing was changed (--dry-run)."));
      return;
    }
    if (!yes) {
      HgsOptions.requireYes("Accept hosts that boot like this?", "use --yes, or --dry-run to look");
    }
    Pending.Approved approved =
        options.administer(
            admin -> admin.pending().approve(host, name, expires.map(Lasting::parse)));
    ObjectNode node =
        Output.object()
            .put("host", host)
            .put("approved", true)
            .put("baseline", approved.name())
            .put("succeeds", approved.succeeds().orElse(null))
            .put("beforeExpires", approved.expires().map(Object::toString).orElse(null));
    ArrayNode healthy = node.putArray("healthy");
    approved.healthy().forEach(healthy::add);
    options.print(
        node,
        () -> {
          options.out().println("Baseline " + approved.name() + " is accepted");
          approved
              .succeeds()
              .ifPresent(before ->
                  options
                      .out()
                      .println(
                          "  baseline "
                              + before
                              + " counts "
                              + approved.expires().map(at -> "until " + at).orElse("on")));
          options
              .out()
              .println(
                  approved.healthy().isEmpty()
                      ? "  no host is healthy by this alone: shieldwall hgs trace " + host
                      : "  healthy from their next attestation: "
                          + String.join(", ", approved.healthy()));
        });
  }

  @Command(
      name = "dismiss",
      description = {
        "Do not accept the boot of a host: it is listed no more until the host boots something else.",
        "The host stays refused. If nobody updated it, ask why it booted this."
      },
      mixinStandardHelpOptions = true)
  void dismiss(
      @Parameters(paramLabel = "HOST", description = "The host's name.") String host,
      @Mixin HgsOptions options) {
    Pending pending = options.administer(admin -> admin.pending().dismiss(host));
    options.print(
        node(pending).put("dismissed", true),
        () ->
            options
                .out()
                .println(
                    String.format(
                        Locale.ROOT,
                        "The boot of host %s is dismissed; the host stays refused",
                        host)));
  }
}
