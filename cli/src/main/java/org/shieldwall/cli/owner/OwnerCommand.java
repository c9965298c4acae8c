package org.shieldwall.cli.owner;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The group of the owner's commands. */
@Command(
    name = "owner",
    description = "For the owner of VMs: guardians, templates, shielding data.",
    mixinStandardHelpOptions = true,
    subcommands = {
      GuardianCommand.class,
      TemplateCommand.class,
      DataCommand.class,
      GrantCommand.class
    })
public final class OwnerCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
