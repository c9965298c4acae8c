package org.shieldwall.cli.hgs;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.Check;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.admin.PolicyAdministration.Added;
import org.shieldwall.hgs.policy.DefaultPolicy;
import org.shieldwall.hgs.policy.PolicyDocument;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.hgs.store.PolicyRegister.State;
import org.shieldwall.hgs.store.PolicyRegister.Stored;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs policy add | list | show | assign | activate | try | remove}. */
@Command(
    name = "policy",
    description = "Say what hosts have to prove, by labels of hosts (docs/policy.md).",
    mixinStandardHelpOptions = true,
    subcommands = {PolicyListCommand.class, PolicyTryCommand.class})
final class PolicyCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** Reads a document and the files beside it. */
  static PolicyDocument read(Path file) {
    String text = new String(InputFile.read(file, PolicyReader.MAX_BYTES), StandardCharsets.UTF_8);
    Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
    try {
      return PolicyReader.read(file.toString(), text, PolicyFiles.in(folder));
    } catch (HgsException refused) {
      throw new Failure(refused.what(), refused.hint(), Failure.MALFORMED);
    }
  }

  @Command(
      name = "add",
      description = {
        "Add a version of a policy: a TOML document, kept with the files that it names.",
        "It is in force at once for the hosts whose labels have it; with --stage it is only kept"
            + " beside the version in force, to be tried: shieldwall hgs policy try NAME"
      },
      mixinStandardHelpOptions = true)
  void add(
      @Parameters(paramLabel = "FILE", description = "The policy.") Path file,
      @Option(names = "--stage", description = "Keep it beside the version in force.")
          boolean stage,
      @Option(names = "--dry-run", description = "Only read it, and change nothing.")
          boolean dryRun,
      @Mixin HgsOptions options) {
    PolicyDocument policy = read(file);
    if (dryRun) {
      options.print(
          node(policy).put("added", false),
          () -> {
            describe(policy).forEach(options.out()::println);
            options.out().println("Nothing was changed (--dry-run).");
          });
      return;
    }
    Added added = options.administer(admin -> admin.policies().add(policy, stage));
    ObjectNode node = node(policy).put("added", added.isNew()).put("staged", stage);
    ArrayNode missing = node.putArray("missingBaselines");
    added.missing().forEach(missing::add);
    options.print(
        node,
        () -> {
          options
              .out()
              .println(
                  "Policy "
                      + policy.name()
                      + ", version "
                      + policy.version()
                      + (added.isNew() ? " is " : " was already ")
                      + (stage ? "staged" : "in force"));
          added
              .missing()
              .forEach(each ->
                  options
                      .out()
                      .println(
                          "  note: no baseline " + each + " is registered; no boot matches it"));
          if (stage) {
            options.out().println("  next: shieldwall hgs policy try " + policy.name());
          }
        });
  }

  private static ObjectNode node(PolicyDocument policy) {
    ObjectNode node =
        Output.object()
            .put("name", policy.name())
            .put("version", policy.version())
            .put("digest", policy.digest());
    ArrayNode checks = node.putArray("checks");
    for (Check each : Check.values()) {
      if (policy.on().contains(each) || !each.canBeSwitched()) {
        checks.add(each.label());
      }
    }
    return node;
  }

  private static List<String> describe(PolicyDocument policy) {
    List<String> lines = new java.util.ArrayList<>();
    lines.add("Policy " + policy.name() + ", version " + policy.version());
    lines.addAll(checks(policy.on()));
    return lines;
  }

  private static List<String> checks(java.util.Set<Check> on) {
    List<String> lines = new java.util.ArrayList<>();
    for (Check each : Check.values()) {
      String state = !each.canBeSwitched() ? "always" : on.contains(each) ? "on" : "off";
      lines.add("  %-6s  %-24s %s".formatted(state, each.label(), each.title()));
    }
    return lines;
  }

  @Command(
      name = "show",
      description = {
        "Show a policy: which checks are made, and the document.",
        "The policy default is built in; a document of that name and a higher version replaces it."
      },
      mixinStandardHelpOptions = true)
  void show(
      @Parameters(paramLabel = "NAME", description = "The policy's name.") String name,
      @Option(names = "--staged", description = "The staged version.") boolean staged,
      @Mixin HgsOptions options) {
    State state = staged ? State.STAGED : State.ACTIVE;
    Optional<Stored> stored = options.administer(admin -> admin.policies().find(name, state));
    if (stored.isEmpty() && !staged && name.equals(DefaultPolicy.NAME)) {
      PolicyDocument builtIn = builtIn();
      options.print(
          node(builtIn).put("builtIn", true),
          () -> describe(builtIn).forEach(options.out()::println));
      return;
    }
    Stored found = stored.orElseThrow(() -> missing(name, staged));
    PolicyDocument policy = options.administer(admin -> admin.policies().document(found));
    options.print(
        node(policy).put("state", found.state().code()).put("document", found.document()),
        () -> {
          describe(policy).forEach(options.out()::println);
          options.out().println();
          options.out().print(found.document());
        });
  }

  private static PolicyDocument builtIn() {
    try {
      return PolicyReader.read(
          "the built-in policy",
          "name = \"" + DefaultPolicy.NAME + "\"\nversion = " + DefaultPolicy.VERSION + "\n",
          PolicyFiles.of(Map.of()));
    } catch (HgsException e) {
      throw new IllegalStateException("the built-in policy does not read", e);
    }
  }

  static Failure missing(String name, boolean staged) {
    return new Failure(
        staged
            ? "no version of policy " + name + " is staged"
            : "no policy " + name + " is in force",
        "shieldwall hgs policy list",
        Failure.REFUSED);
  }

  @Command(
      name = "assign",
      description = {
        "Hold the hosts with a label to a policy.",
        "A host whose labels have no policy is held to the default; assign default to go back to it."
      },
      mixinStandardHelpOptions = true)
  void assign(
      @Parameters(paramLabel = "NAME", description = "The policy's name.") String name,
      @Option(
              names = "--label",
              required = true,
              paramLabel = "LABEL",
              description = "The label of the hosts.")
          String label,
      @Mixin HgsOptions options) {
    options.administer(admin -> {
      if (name.equals(DefaultPolicy.NAME)) {
        admin.policies().unassign(label);
      } else {
        admin.policies().assign(name, label);
      }
      return true;
    });
    options.print(
        Output.object().put("policy", name).put("label", label),
        () ->
            options.out().println("Hosts with the label " + label + " are held to policy " + name));
  }

  @Command(
      name = "activate",
      description = {
        "Put the staged version of a policy in force.",
        "See first who would fail, and why: shieldwall hgs policy try NAME"
      },
      mixinStandardHelpOptions = true)
  void activate(
      @Parameters(paramLabel = "NAME", description = "The policy's name.") String name,
      @Mixin HgsOptions options) {
    Stored active = options.administer(admin -> admin.policies().activate(name));
    options.print(
        Output.object().put("name", name).put("version", active.version()),
        () ->
            options
                .out()
                .println("Policy " + name + ", version " + active.version() + ", is in force"));
  }

  @Command(
      name = "remove",
      description = {
        "Remove a policy with all its versions, or only the staged one.",
        "A policy that a label has is not removed. Without a document of its own, default is again what"
            + " is built in."
      },
      mixinStandardHelpOptions = true)
  void remove(
      @Parameters(paramLabel = "NAME", description = "The policy's name.") String name,
      @Option(names = "--staged", description = "Only the staged version.") boolean staged,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Option(names = "--dry-run", description = "Say what would go, and change nothing.")
          boolean dryRun,
      @Mixin HgsOptions options) {
    List<Stored> versions = versions(name, staged, options);
    if (!dryRun && !yes) {
      HgsOptions.requireYes("Remove policy " + name + "?", "use --yes, or --dry-run to look");
    }
    List<Stored> removed =
        dryRun ? versions : options.administer(admin -> admin.policies().remove(name, staged));
    ObjectNode node = Output.object().put("name", name).put("removed", !dryRun);
    ArrayNode array = node.putArray("versions");
    removed.forEach(each -> array.add(each.version()));
    options.print(
        node,
        () ->
            options
                .out()
                .println(
                    "Policy "
                        + name
                        + (dryRun ? " would lose" : " has lost")
                        + " version"
                        + (removed.size() == 1 ? " " : "s ")
                        + String.join(
                            ", ", removed.stream().map(each -> "" + each.version()).toList())
                        + (dryRun ? ". Nothing was changed (--dry-run)." : "")));
  }

  private static List<Stored> versions(String name, boolean staged, HgsOptions options) {
    HgsOptions.Work<List<Stored>> find =
        (Administration admin) ->
            admin.policies().list().stream()
                .filter(each -> each.name().equals(name))
                .filter(each -> !staged || each.state() == State.STAGED)
                .toList();
    return options.administer(find);
  }

  /** {@return whether what was named is a file, rather than a policy} */
  static boolean isFile(String named) {
    return named.endsWith(".toml") || Files.isRegularFile(Path.of(named));
  }
}
