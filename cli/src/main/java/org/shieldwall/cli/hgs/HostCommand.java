package org.shieldwall.cli.hgs;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.shieldwall.cli.CommandGroup;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.admin.HostAdministration.Standing;
import org.shieldwall.hgs.endorsement.Endorsements;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.hgs.store.RegisteredHost.State;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs host}: which hosts there are, and how they stand. */
@Command(
    name = "host",
    description = "Say which hosts may attest, and see how they stand.",
    mixinStandardHelpOptions = true)
final class HostCommand implements CommandGroup {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public List<Class<?>> commands() {
    return List.of(
        HostAddCommand.class,
        HostShowCommand.class,
        HostLabelCommand.class,
        HostStateCommands.Quarantine.class,
        HostStateCommands.Restore.class,
        HostStateCommands.Revoke.class,
        HostStateCommands.Remove.class,
        HostExceptCommands.Except.class,
        HostExceptCommands.Exceptions.class,
        HostExceptCommands.Unexcept.class,
        HostRevokeAkCommand.class);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "list",
      description = {
        "List the hosts: state, policy, labels, and how long ago each proved itself.",
        "A host that is overdue holds no certificate any more: it can start no shielded VM. One that is"
            + " barred is refused whatever it shows: no trusted maker certifies its TPM, or its mode is"
            + " off."
      },
      mixinStandardHelpOptions = true)
  void list(
      @Option(names = "--label", paramLabel = "LABEL", description = "Only hosts with this label.")
          Optional<String> label,
      @Option(names = "--unhealthy", description = "Only hosts that hold no good certificate.")
          boolean unhealthy,
      @Mixin HgsOptions options) {
    Instant now = Instant.now();
    List<Standing> hosts =
        options.administer(admin -> admin.fleet().list()).stream()
            .filter(each -> label.isEmpty() || each.host().labels().contains(label.get()))
            .filter(each -> !unhealthy || !standing(each, now).equals("healthy"))
            .toList();
    ObjectNode node = Output.object();
    ArrayNode array = node.putArray("hosts");
    hosts.forEach(each -> put(array.addObject(), each, now));
    options.print(
        node,
        () -> {
          if (hosts.isEmpty()) {
            options
                .out()
                .println(
                    label.isPresent() || unhealthy
                        ? "No such host."
                        : "No host is registered. Next: shieldwall hgs host add FILE");
          }
          hosts.forEach(each -> options.out().println(line(each, now)));
        });
  }

  static void put(ObjectNode node, Standing each, Instant now) {
    node.put("name", each.host().name())
        .put("mode", each.host().mode().id())
        .put("state", each.host().state().code())
        .put("reason", each.host().reason())
        .put("standing", standing(each, now))
        .put("barred", each.barred().orElse(null))
        .put("policy", each.policy())
        .put("ek", each.host().ek())
        .put("tpm", Endorsements.tpm(each.host()).orElse(""))
        .put("added", each.host().added().toString())
        .put("changed", each.host().changed().toString());
    ArrayNode labels = node.putArray("labels");
    each.host().labels().forEach(labels::add);
    Optional<LastAttestation> last = each.last();
    node.put("attested", last.map(at -> at.at().toString()).orElse(null));
    node.put(
        "certified", last.flatMap(LastAttestation::certified).map(Instant::toString).orElse(null));
    node.put("expires", last.flatMap(LastAttestation::expires).map(Instant::toString).orElse(null));
    ArrayNode failed = node.putArray("failed");
    last.ifPresent(at -> at.failed().forEach(failed::add));
  }

  /** In one word: what matters first. */
  static String standing(Standing each, Instant now) {
    if (each.host().state() != State.REGISTERED) {
      return each.host().state().code();
    }
    if (each.barred().isPresent()) {
      return "barred";
    }
    Optional<LastAttestation> last = each.last();
    if (last.isEmpty()) {
      return "never attested";
    }
    if (!last.get().healthy()) {
      return "unhealthy";
    }
    return last.get().expires().filter(now::isBefore).isPresent() ? "healthy" : "overdue";
  }

  private static String line(Standing each, Instant now) {
    String age =
        each.last()
            .flatMap(LastAttestation::certified)
            .map(at -> "proved itself " + Lasting.ago(at, now) + " ago")
            .orElse("has not proved itself");
    String barred = each.barred().map(why -> " (" + why + ")").orElse("");
    String labels =
        each.host().labels().isEmpty() ? "" : "  [" + String.join(" ", each.host().labels()) + "]";
    String tpm = Endorsements.tpm(each.host()).map(text -> "  " + text).orElse("");
    return "%-32s %-14s %-8s policy %s  %s%s%s  sha256:%s…%s"
        .formatted(
            each.host().name(),
            standing(each, now),
            each.host().mode().id(),
            each.policy(),
            age,
            barred,
            labels,
            each.host().ek().substring(0, 16),
            tpm);
  }

  static Failure missing(String name) {
    return new Failure(
        "no host " + name + " is registered", "shieldwall hgs host list", Failure.REFUSED);
  }
}
