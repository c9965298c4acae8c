package org.shieldwall.cli.hgs;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The group of the HGS administrator's commands. */
@Command(
    name = "hgs",
    description = "For the administrator of the Host Guardian Service.",
    mixinStandardHelpOptions = true,
    subcommands = {
      InitCommand.class,
      ServeCommand.class,
      HostCommand.class,
      ModeCommand.class,
      GroupCommand.class,
      TrustCommand.class,
      PolicyCommand.class,
      BaselineCommand.class,
      PendingCommand.class,
      TraceCommand.class,
      LeaseCommand.class,
      AdministratorCommand.class,
      GuardianCommand.class,
      AuditCommand.class
    })
public final class HgsCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
