package org.shieldwall.cli.hgs;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.policy.DefaultPolicy;
import org.shieldwall.hgs.store.PolicyRegister.State;
import org.shieldwall.hgs.store.PolicyRegister.Stored;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs policy list}. */
@Command(
    name = "list",
    description = "List the policies, their versions and the labels they are assigned to.",
    mixinStandardHelpOptions = true)
final class PolicyListCommand implements Runnable {
  @Option(names = "--all", description = "Versions that are no longer in force, too.")
  private boolean all;

  @Mixin private HgsOptions options = new HgsOptions();

  private record Listed(List<Stored> policies, SortedMap<String, String> assignments) {}

  @Override
  public void run() {
    Listed listed =
        options.administer(
            admin -> new Listed(admin.policies().list(), admin.policies().assignments()));
    boolean replaced =
        listed.policies().stream()
            .anyMatch(
                each -> each.name().equals(DefaultPolicy.NAME) && each.state() == State.ACTIVE);
    ObjectNode node = Output.object();
    ArrayNode array = node.putArray("policies");
    if (!replaced) {
      array
          .addObject()
          .put("name", DefaultPolicy.NAME)
          .put("version", DefaultPolicy.VERSION)
          .put("state", "active")
          .put("builtIn", true);
    }
    List<Stored> shown =
        listed.policies().stream().filter(each -> all || each.state() != State.FORMER).toList();
    for (Stored each : shown) {
      array
          .addObject()
          .put("name", each.name())
          .put("version", each.version())
          .put("state", each.state().code())
          .put("digest", each.digest())
          .put("added", each.added().toString());
    }
    ObjectNode labels = node.putObject("labels");
    listed.assignments().forEach(labels::put);
    options.print(
        node,
        () -> {
          if (!replaced) {
            options.out().println("default                          version 1     built in");
          }
          for (Stored each : shown) {
            String of = each.state() == State.ACTIVE ? labelsOf(each, listed.assignments()) : "";
            options
                .out()
                .printf(
                    "%-32s version %-5d %s%s%n",
                    each.name(), each.version(), each.state().code(), of);
          }
        });
  }

  private static String labelsOf(Stored policy, SortedMap<String, String> assignments) {
    List<String> labels =
        assignments.entrySet().stream()
            .filter(each -> each.getValue().equals(policy.name()))
            .map(Map.Entry::getKey)
            .toList();
    return policy.name().equals(DefaultPolicy.NAME)
        ? "  hosts without another policy"
        : labels.isEmpty() ? "  no label" : "  labels: " + String.join(", ", labels);
  }
}
