package org.shieldwall.cli.owner;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code owner guardian new | import | show}. */
@Command(
    name = "guardian",
    description = "Make a guardian of your own, or take in somebody else's.",
    mixinStandardHelpOptions = true)
final class GuardianCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "new",
      description = {
        "Make a guardian: a private file under a passphrase or key file, and a public document.",
        "Back up the private file: without it nobody can change where your VMs may run."
      },
      mixinStandardHelpOptions = true)
  void create(
      @Option(
              names = "--name",
              required = true,
              paramLabel = "NAME",
              description = "Who this is, for people: \"Example Ltd\".")
          String name,
      @Option(
              names = "--out",
              paramLabel = "DIR",
              defaultValue = ".",
              description = "Where the two files go. Default: here.")
          Path directory,
      @Mixin Unlocking unlocking,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    String stem = fileStem(name);
    Path privateFile = directory.resolve(stem + ".guardian-key.json");
    Path publicFile = directory.resolve(stem + ".guardian.json");
    if (Files.exists(publicFile) || Files.exists(privateFile)) {
      throw new Failure(
          "there is a guardian \"" + stem + "\" in " + directory + " already",
          "choose another name or directory",
          Failure.ENVIRONMENT);
    }
    SecureRandom random = new SecureRandom();
    PrivateKeySet keys = PrivateKeySet.generate(random);
    try {
      Files.createDirectories(directory);
      Guardian guardian = Guardian.create(name, Instant.now(), keys, random);
      unlocking.create(new GuardianKey(guardian, keys), privateFile, random);
      Documents.writeNew(publicFile, guardian.toBytes());
      print(guardian, json, "private", privateFile, "public", publicFile);
    } catch (ProtectorException problem) {
      throw Documents.refused(name, problem);
    } catch (IOException problem) {
      throw new Failure(
          directory + " cannot be made: " + Documents.reason(problem), "", Failure.ENVIRONMENT);
    }
  }

  @Command(
      name = "import",
      description = {
        "Take in a guardian document after you have compared its id with what its holder reads to"
            + " you.",
        "Shielding data names guardians by what is imported, so a document that was swapped on its"
            + " way is found here or nowhere."
      },
      mixinStandardHelpOptions = true)
  void take(
      @Parameters(paramLabel = "FILE", description = "The guardian document.") Path file,
      @Option(
              names = "--id",
              paramLabel = "ID",
              description = "The id you were told; refused if it differs. Asked for otherwise.")
          @Nullable String id,
      @Option(
              names = "--out",
              paramLabel = "DIR",
              defaultValue = ".",
              description = "Where the imported document goes. Default: here.")
          Path directory,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    Guardian guardian = Documents.guardian(file);
    String told = id == null ? ask(guardian) : id;
    if (!told.strip().equals(guardian.id().text())) {
      throw new Failure(
          "the document's id is " + guardian.id() + ", not the one you were told",
          "ask its holder again, over a channel the fabric does not run; do not use this document",
          Failure.REFUSED);
    }
    Path target = directory.resolve(fileStem(guardian.name()) + ".imported.guardian.json");
    Documents.writeNew(target, guardian.toBytes());
    print(guardian, json, "imported", target, "from", file);
  }

  @Command(
      name = "show",
      description = "Verify a guardian document and show whose it is.",
      mixinStandardHelpOptions = true)
  void show(
      @Parameters(paramLabel = "FILE", description = "The guardian document.") Path file,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    print(Documents.guardian(file), json, "file", file, "verified", file);
  }

  private static String ask(Guardian guardian) {
    Console console =
        Optional.ofNullable(System.console())
            .filter(Console::isTerminal)
            .orElseThrow(() ->
                new Failure(
                    "nobody is here to confirm that " + guardian.id() + " is the right id",
                    "use --id with the id that the guardian's holder told you",
                    Failure.ENVIRONMENT));
    return Optional.ofNullable(
            console.readLine(
                "%s says its id is%n  %s%nType or paste the id you were told: ",
                guardian.name(), guardian.id()))
        .orElse("");
  }

  private void print(
      Guardian guardian, boolean json, String first, Path one, String second, Path two) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode node =
          Output.object()
              .put("name", guardian.name())
              .put("id", guardian.id().text())
              .put("created", guardian.created().toString())
              .put(first, one.toString())
              .put(second, two.toString());
      out.println(Output.indented(node));
    } else {
      out.println(guardian.name());
      out.println("  id       " + guardian.id());
      out.println("  created  " + guardian.created());
      out.printf("  %-8s %s%n", first, one);
      if (!one.equals(two)) {
        out.printf("  %-8s %s%n", second, two);
      }
    }
    out.flush();
  }

  private static String fileStem(String name) {
    String stem = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    stem = stem.replaceAll("^-|-$", "");
    return stem.isEmpty() ? "guardian" : stem;
  }
}
