package org.shieldwall.cli.hgs;

import java.nio.file.Path;
import java.util.List;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.store.AdministratorRegister.Registered;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.ProtectorException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs administrator add | list | remove}. */
@Command(
    name = "administrator",
    description = "Say whose words break a lease.",
    mixinStandardHelpOptions = true)
final class AdministratorCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "add",
      description = {
        "Register an administrator by a public key. Recorded in the audit log.",
        "They make the key themselves: shieldwall owner guardian new. Compare its id with what"
            + " they read to you."
      },
      mixinStandardHelpOptions = true)
  void add(
      @Parameters(paramLabel = "FILE", description = "Their public document.") Path file,
      @Mixin HgsOptions options) {
    Guardian holder;
    try {
      holder = Guardian.parse(InputFile.read(file, Guardian.MAX_BYTES));
    } catch (ProtectorException problem) {
      throw new Failure(file + ": " + problem.code().title(), problem.detail(), Failure.MALFORMED);
    }
    boolean added = options.administer(admin -> admin.leases().addAdministrator(holder));
    options.print(
        Output.object()
            .put("name", holder.name())
            .put("id", holder.id().text())
            .put("added", added),
        () -> {
          options
              .out()
              .println(
                  "Administrator "
                      + holder.name()
                      + (added ? " is registered" : " was registered already"));
          options.out().println("  id  " + holder.id());
        });
  }

  @Command(name = "list", description = "List them.", mixinStandardHelpOptions = true)
  void list(@Mixin HgsOptions options) {
    List<Registered> all = options.administer(admin -> admin.leases().administrators());
    ObjectNode node = Output.object();
    ArrayNode array = node.putArray("administrators");
    all.forEach(each ->
        array
            .addObject()
            .put("name", each.holder().name())
            .put("id", each.holder().id().text())
            .put("added", each.added().toString()));
    options.print(
        node,
        () -> {
          if (all.isEmpty()) {
            options.out().println("None. Next: shieldwall hgs administrator add FILE");
          }
          all.forEach(
              each -> options.out().printf("%-32s %s%n", each.holder().name(), each.holder().id()));
        });
  }

  @Command(
      name = "remove",
      description = "Let an administrator's words count no more. Recorded in the audit log.",
      mixinStandardHelpOptions = true)
  void remove(
      @Parameters(paramLabel = "NAME", description = "Their name, as listed.") String name,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Mixin HgsOptions options) {
    if (!yes) {
      HgsOptions.requireYes("Let the words of " + name + " count no more?", "use --yes");
    }
    if (!options.administer(admin -> admin.leases().removeAdministrator(name))) {
      throw new Failure(
          "no administrator " + name + " is registered",
          "shieldwall hgs administrator list",
          Failure.REFUSED);
    }
    options.print(
        Output.object().put("name", name).put("removed", true),
        () -> options.out().println("Administrator " + name + " is removed"));
  }
}
