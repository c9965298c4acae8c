package org.shieldwall.cli.evidence;

import java.util.List;
import org.shieldwall.cli.CommandGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The group of commands that look at evidence in files. */
@Command(
    name = "evidence",
    description =
        "Look at event logs, quotes, IMA lists and endorsement certificates in files, at boots to"
            + " come, and at manifests of images.",
    mixinStandardHelpOptions = true)
public final class EvidenceCommand implements CommandGroup {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public List<Class<?>> commands() {
    return List.of(
        EventLogCommand.class,
        QuoteCommand.class,
        ImaCommand.class,
        EndorsementCertificateCommand.class,
        PredictCommand.class,
        ManifestCommand.class);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
