package org.shieldwall.cli.hgs;

import java.util.List;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.store.DirectoryGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs group add | list | remove}. */
@Command(
    name = "group",
    description = "Say which groups of a directory may attest (directory mode).",
    mixinStandardHelpOptions = true)
final class GroupCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "add",
      description = {
        "Let the machines in a group attest, those in groups within it included.",
        "Whoever can add members to it, or to a group within it, chooses the hosts."
      },
      mixinStandardHelpOptions = true)
  void add(
      @Parameters(
              paramLabel = "SID",
              description = "The group's objectSid, S-1-5-21-…: names can be given again.")
          String sid,
      @Option(
              names = "--name",
              required = true,
              paramLabel = "NAME",
              description = "What to call it here; for people only.")
          String name,
      @Mixin HgsOptions options) {
    boolean added = options.administer(admin -> admin.modes().addGroup(sid, name));
    options.print(
        Output.object().put("sid", sid).put("name", name).put("added", added),
        () ->
            options
                .out()
                .println(
                    "Group "
                        + name
                        + (added ? " may attest" : " might attest already")
                        + ": "
                        + sid));
  }

  @Command(name = "list", description = "List the groups.", mixinStandardHelpOptions = true)
  void list(@Mixin HgsOptions options) {
    List<DirectoryGroup> groups = options.administer(admin -> admin.modes().groups());
    ObjectNode node = Output.object();
    ArrayNode array = node.putArray("groups");
    groups.forEach(group ->
        array
            .addObject()
            .put("sid", group.sid())
            .put("name", group.name())
            .put("added", group.added().toString()));
    options.print(
        node,
        () -> {
          if (groups.isEmpty()) {
            options
                .out()
                .println("No group is registered. Next: shieldwall hgs group add SID --name NAME");
          }
          groups.forEach(group -> options.out().printf("%-32s %s%n", group.name(), group.sid()));
        });
  }

  @Command(
      name = "remove",
      description = "Remove a group: certificates of its members release no keys from now on.",
      mixinStandardHelpOptions = true)
  void remove(
      @Parameters(paramLabel = "SID", description = "The group's SID.") String sid,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Mixin HgsOptions options) {
    if (!yes) {
      HgsOptions.requireYes(
          "Remove group " + sid + "? Its machines can start no shielded VM from then on.",
          "use --yes");
    }
    if (!options.administer(admin -> admin.modes().removeGroup(sid))) {
      throw new Failure(
          "no group " + sid + " is registered", "shieldwall hgs group list", Failure.REFUSED);
    }
    options.print(
        Output.object().put("sid", sid).put("removed", true),
        () -> options.out().println("Group " + sid + " is removed"));
  }
}
