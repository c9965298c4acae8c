package org.shieldwall.cli.hgs;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.ProtectorException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs guardian show}. */
@Command(
    name = "guardian",
    description = "The guardian by which owners grant this service their VMs.",
    mixinStandardHelpOptions = true)
final class GuardianCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "show",
      description = {
        "Show this service's guardian.",
        "Read its id to the owners yourself: a document can be swapped on its way, an id cannot."
      },
      mixinStandardHelpOptions = true)
  void show(
      @Option(
              names = "--out",
              paramLabel = "FILE",
              description = "Write the guardian document, for owners, to a new file.")
          @Nullable Path out,
      @Mixin HgsOptions options) {
    Guardian guardian = read(options.folder().guardian());
    if (out != null) {
      write(out, guardian);
    }
    ObjectNode node =
        Output.object()
            .put("name", guardian.name())
            .put("id", guardian.id().text())
            .put("created", guardian.created().toString());
    if (out != null) {
      node.put("document", out.toString());
    }
    options.print(
        node,
        () -> {
          options.out().println(guardian.name());
          options.out().println("  id        " + guardian.id());
          options.out().println("  created   " + guardian.created());
          if (out != null) {
            options.out().println("  document  " + out);
          }
        });
  }

  private static Guardian read(Path file) {
    if (!Files.exists(file)) {
      throw new Failure(
          "there is no Host Guardian Service in " + file.getParent(),
          "shieldwall hgs init",
          Failure.ENVIRONMENT);
    }
    try {
      return Guardian.parse(InputFile.read(file, Guardian.MAX_BYTES));
    } catch (ProtectorException problem) {
      throw new Failure(
          file + " is no guardian: " + problem.detail(),
          "restore it from a backup",
          Failure.ENVIRONMENT);
    }
  }

  private static void write(Path file, Guardian guardian) {
    try {
      Files.write(file, guardian.toBytes(), StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException exists) {
      throw new Failure(
          file + " exists and is not overwritten",
          "name another file, or remove this one first",
          Failure.ENVIRONMENT);
    } catch (IOException problem) {
      throw new Failure(
          file + " cannot be written (" + problem.getClass().getSimpleName() + ")",
          "",
          Failure.ENVIRONMENT);
    }
  }
}
