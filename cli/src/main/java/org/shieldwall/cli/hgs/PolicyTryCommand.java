package org.shieldwall.cli.hgs;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.hgs.admin.Traces.Come;
import org.shieldwall.hgs.admin.Traces.Trial;
import org.shieldwall.hgs.admin.Traces.Trials;
import org.shieldwall.hgs.policy.PolicyDocument;
import org.shieldwall.hgs.store.PolicyRegister.State;
import org.shieldwall.hgs.store.PolicyRegister.Stored;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs policy try}. */
@Command(
    name = "try",
    description = {
      "Hold a policy against the last evidence of every host, and list who would fail and why.",
      "Takes the staged version of NAME, or the one in force where none is staged, or a FILE that has"
          + " not been added. Changes nothing and asks no host.",
      "Exit code 0: nobody who is healthy now would fail; 1: somebody would."
    },
    mixinStandardHelpOptions = true)
final class PolicyTryCommand implements Callable<Integer> {
  @Parameters(paramLabel = "NAME|FILE", description = "A policy's name, or a TOML file.")
  private String named = "";

  @Option(
      names = "--all-hosts",
      description = "Every host, not only those that are held to a policy of this name.")
  private boolean allHosts;

  @Mixin private HgsOptions options = new HgsOptions();

  @Override
  public Integer call() {
    PolicyDocument policy =
        PolicyCommand.isFile(named) ? PolicyCommand.read(Path.of(named)) : stored();
    Trials trials = options.administer(admin -> admin.traces().attempt(policy));
    // A policy that no host has yet is tried on all: there is nobody else to ask about.
    boolean everyone = allHosts || trials.trials().stream().noneMatch(Trial::held);
    List<Trial> shown = trials.trials().stream().filter(each -> everyone || each.held()).toList();
    List<Trial> losing =
        shown.stream().filter(each -> each.healthyNow() && each.come() == Come.FAILS).toList();
    options.print(node(policy, shown, trials), () -> print(policy, shown, losing, trials));
    return losing.isEmpty() ? 0 : Failure.REFUSED;
  }

  private PolicyDocument stored() {
    Optional<Stored> found =
        options.administer(admin ->
            admin
                .policies()
                .find(named, State.STAGED)
                .or(() -> admin.policies().find(named, State.ACTIVE)));
    Stored policy = found.orElseThrow(() -> PolicyCommand.missing(named, false));
    return options.administer(admin -> admin.policies().document(policy));
  }

  private static ObjectNode node(PolicyDocument policy, List<Trial> shown, Trials trials) {
    ObjectNode node = Output.object().put("policy", policy.name()).put("version", policy.version());
    ArrayNode hosts = node.putArray("hosts");
    for (Trial each : shown) {
      ObjectNode host =
          hosts
              .addObject()
              .put("host", each.host())
              .put("healthyNow", each.healthyNow())
              .put("would", word(each));
      ArrayNode failed = host.putArray("failed");
      for (CheckResult result : each.failed()) {
        failed
            .addObject()
            .put("check", result.check().label())
            .put("expected", result.expected())
            .put("found", result.found());
      }
      ArrayNode missing = host.putArray("notShown");
      each.notShown().forEach(missing::add);
    }
    ArrayNode without = node.putArray("withoutEvidence");
    trials.withoutEvidence().forEach(without::add);
    return node;
  }

  private static String word(Trial trial) {
    return switch (trial.come()) {
      case PASSES -> "pass";
      case FAILS -> "fail";
      case UNDECIDED -> "undecided";
    };
  }

  private void print(PolicyDocument policy, List<Trial> shown, List<Trial> losing, Trials trials) {
    var out = options.out();
    out.println(
        "Policy "
            + policy.name()
            + ", version "
            + policy.version()
            + ", on the last evidence of "
            + shown.size()
            + (shown.size() == 1 ? " host:" : " hosts:"));
    out.println("  would pass: " + count(shown, Come.PASSES));
    out.println(
        "  would fail: " + count(shown, Come.FAILS) + ", of which healthy now: " + losing.size());
    out.println("  undecided:  " + count(shown, Come.UNDECIDED));
    for (Trial each : shown) {
      if (each.come() != Come.PASSES) {
        out.println(
            each.host()
                + (each.come() == Come.FAILS ? " would fail" : " is undecided")
                + (each.healthyNow() ? "" : " (it is unhealthy now)"));
      }
      for (CheckResult result : each.failed()) {
        out.println("  " + result.check().label() + ": " + result.check().title());
        out.println("    expected  " + result.expected());
        out.println("    found     " + result.found());
      }
      each.notShown().forEach(what -> out.println("  not shown yet: " + what));
    }
    if (!trials.withoutEvidence().isEmpty()) {
      out.println(
          "Nothing is known of hosts that have not attested: "
              + String.join(", ", trials.withoutEvidence()));
    }
  }

  private static long count(List<Trial> shown, Come come) {
    return shown.stream().filter(each -> each.come() == come).count();
  }
}
