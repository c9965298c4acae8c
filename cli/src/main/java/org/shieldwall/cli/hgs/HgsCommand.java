package org.shieldwall.cli.hgs;

import java.util.List;
import org.shieldwall.cli.CommandGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The group of the HGS administrator's commands. */
@Command(
    name = "hgs",
    description = "For the administrator of the Host Guardian Service.",
    mixinStandardHelpOptions = true)
public final class HgsCommand implements CommandGroup {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public List<Class<?>> commands() {
    return List.of(
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
        AuditCommand.class);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
