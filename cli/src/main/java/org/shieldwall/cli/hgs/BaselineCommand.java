package org.shieldwall.cli.hgs;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.hgs.store.BaselineRegister.Stored;
import org.shieldwall.protector.ProtectorException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs baseline add | list | show | diff | expire | remove}. */
@Command(
    name = "baseline",
    description = "Say what hosts must have booted: any one of the baselines.",
    mixinStandardHelpOptions = true,
    subcommands = BaselineDiffCommand.class)
final class BaselineCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "add",
      description = {
        "Accept a boot: from the event log or a capture of a machine that booted as it should, or a baseline"
            + " document.",
        "With --or the boots of further files will do too; with --require, --forbid and --allow rules"
            + " take the place of the command line to the letter.",
        "Shows in words what hosts will have to prove, and asks."
      },
      mixinStandardHelpOptions = true)
  void add(
      @Parameters(
              paramLabel = "FILE",
              description = "Event log (binary), capture of a host, or baseline (JSON).")
          Path file,
      @Option(
              names = "--name",
              paramLabel = "NAME",
              description = "What to call it; owners may name it. Default: after the file.")
          @Nullable String name,
      @Option(names = "--from-log", description = "FILE is an event log, whatever it looks like.")
          boolean fromLog,
      @Option(
              names = "--level",
              defaultValue = "boot",
              paramLabel = "LEVEL",
              description =
                  "How much of the log counts: keys (Secure Boot's keys; any image they let run),"
                      + " boot (and the images and command line), everything (and firmware and"
                      + " drivers). Default: boot.")
          CaptureLevel level,
      @Mixin BaselineRules rules,
      @Option(
              names = "--expires",
              paramLabel = "TIME",
              description = "For how long it counts: 12h, 14d. Default: until it is removed.")
          Optional<String> expires,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Option(names = "--dry-run", description = "Show, and change nothing.") boolean dryRun,
      @Mixin HgsOptions options) {
    Optional<Instant> end = expires.map(Lasting::until);
    BootBaseline baseline =
        rules.applied(new BaselineFile(file, fromLog, level).read(name), fromLog, level, options);
    if (!options.json()) {
      options.out().print(baseline.describe());
      options.out().flush();
    }
    if (dryRun) {
      options.print(
          node(baseline, false), () -> options.out().println("Nothing was changed (--dry-run)."));
      return;
    }
    if (!yes) {
      HgsOptions.requireYes("Accept hosts that boot like this?", "use --yes, or --dry-run to look");
    }
    boolean added =
        options.administer(admin -> admin.boots().add(baseline, "file " + file.getFileName(), end));
    options.print(
        node(baseline, added),
        () ->
            options
                .out()
                .println(
                    "Baseline "
                        + baseline.name()
                        + (added ? " is accepted" : " was accepted already")));
  }

  private static ObjectNode node(BootBaseline baseline, boolean added) {
    ObjectNode node = Output.object().put("name", baseline.name()).put("added", added);
    node.put("requires", baseline.describe());
    return node;
  }

  @Command(name = "list", description = "List the baselines.", mixinStandardHelpOptions = true)
  void list(@Mixin HgsOptions options) {
    List<Stored> baselines = options.administer(Administration::baselines);
    ObjectNode node = Output.object();
    ArrayNode array = node.putArray("baselines");
    for (Stored baseline : baselines) {
      array
          .addObject()
          .put("name", baseline.name())
          .put("digest", baseline.digest())
          .put("added", baseline.added().toString())
          .put("expires", baseline.expires().map(Instant::toString).orElse(null))
          .put("origin", baseline.origin())
          .put("succeeds", baseline.succeeds().orElse(null));
    }
    options.print(
        node,
        () -> {
          if (baselines.isEmpty()) {
            options
                .out()
                .println(
                    "There is no baseline, so no host will do. Next: shieldwall hgs baseline add FILE");
          }
          Instant now = Instant.now();
          baselines.forEach(each ->
              options
                  .out()
                  .printf(
                      "%-32s since %s  %s  from %s%n",
                      each.name(), each.added(), until(each, now), each.origin()));
        });
  }

  private static String until(Stored each, Instant now) {
    return each.expires()
        .map(end -> (each.isGood(now) ? "until " : "EXPIRED ") + end)
        .orElse("for good");
  }

  @Command(
      name = "expire",
      description = {
        "Say until when a baseline counts.",
        "A certificate never outlives the baseline that it rests on."
      },
      mixinStandardHelpOptions = true)
  void expire(
      @Parameters(paramLabel = "NAME", description = "The baseline's name.") String name,
      @Option(
              names = "--expires",
              required = true,
              paramLabel = "TIME|never",
              description = "How long it still counts: 12h, 14d; or never, for it counts on.")
          String expires,
      @Mixin HgsOptions options) {
    Optional<Instant> end =
        expires.equals("never") ? Optional.empty() : Optional.of(Lasting.until(expires));
    if (!options.administer(admin -> admin.boots().expire(name, end))) {
      throw missing(name);
    }
    options.print(
        Output.object().put("name", name).put("expires", end.map(Instant::toString).orElse(null)),
        () ->
            options
                .out()
                .println(
                    "Baseline "
                        + name
                        + " counts "
                        + end.map(at -> "until " + at).orElse("until it is removed")));
  }

  @Command(
      name = "show",
      description = "Show in words what a baseline asks for.",
      mixinStandardHelpOptions = true)
  void show(
      @Parameters(paramLabel = "NAME", description = "The baseline's name.") String name,
      @Mixin HgsOptions options) {
    Stored stored = find(name, options);
    try {
      BootBaseline baseline =
          BaselineDocument.parse(stored.document().getBytes(StandardCharsets.UTF_8));
      if (options.json()) {
        options.out().println(stored.document());
      } else {
        options.out().print(baseline.describe());
      }
      options.out().flush();
    } catch (ProtectorException problem) {
      throw new Failure(
          "the stored baseline does not read: " + problem.detail(),
          "remove it and add it again",
          Failure.ENVIRONMENT);
    }
  }

  @Command(
      name = "remove",
      description = "Accept a boot no longer: hosts that match no other are refused from then on.",
      mixinStandardHelpOptions = true)
  void remove(
      @Parameters(paramLabel = "NAME", description = "The baseline's name.") String name,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Option(names = "--dry-run", description = "Say who matches it, and change nothing.")
          boolean dryRun,
      @Mixin HgsOptions options) {
    if (dryRun) {
      matching(name, options);
      return;
    }
    if (!yes) {
      HgsOptions.requireYes(
          "Remove baseline " + name + "?", "use --yes, or --dry-run to see who matches it");
    }
    if (!options.administer(admin -> admin.removeBaseline(name))) {
      throw missing(name);
    }
    options.print(
        Output.object().put("name", name).put("removed", true),
        () -> options.out().println("Baseline " + name + " is removed"));
  }

  /** Who would have nothing left to match. */
  private static void matching(String name, HgsOptions options) {
    Stored _ = find(name, options);
    List<String> alone =
        options.administer(admin -> admin.fleet().list()).stream()
            .filter(each -> each.host().isRegistered())
            .filter(each ->
                each.last().filter(last -> last.baselines().equals(List.of(name))).isPresent())
            .map(each -> each.host().name())
            .toList();
    ObjectNode node = Output.object().put("name", name).put("removed", false);
    ArrayNode array = node.putArray("hostsMatchingNoOther");
    alone.forEach(array::add);
    options.print(
        node,
        () -> {
          options
              .out()
              .println(
                  alone.isEmpty()
                      ? "No host last matched baseline " + name + " alone."
                      : "Without baseline "
                          + name
                          + " these hosts, as they last booted, match none: "
                          + String.join(", ", alone));
          options.out().println("Nothing was changed (--dry-run).");
        });
  }

  static Stored find(String name, HgsOptions options) {
    return options.administer(Administration::baselines).stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(() -> missing(name));
  }

  static Failure missing(String name) {
    return new Failure(
        "there is no baseline " + name, "shieldwall hgs baseline list", Failure.REFUSED);
  }
}
