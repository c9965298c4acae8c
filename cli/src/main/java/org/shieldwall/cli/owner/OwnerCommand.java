package org.shieldwall.cli.owner;

import java.util.List;
import org.shieldwall.cli.CommandGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The group of the owner's commands. */
@Command(
    name = "owner",
    description = "For the owner of VMs: guardians, templates, shielding data.",
    mixinStandardHelpOptions = true)
public final class OwnerCommand implements CommandGroup {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public List<Class<?>> commands() {
    return List.of(
        GuardianCommand.class, TemplateCommand.class, DataCommand.class, GrantCommand.class);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
