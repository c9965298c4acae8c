package org.shieldwall.cli;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The commands, made as far as the typed words lead. Making a command reads all its options, and
 * all commands together take longer than a short one runs: on the way to a named command the others
 * are left out, and where only the list is asked for, they are a name and a sentence.
 */
final class CommandTree {
  /** What shows the commands of a group and runs none. */
  private static final Set<String> LISTING = Set.of("", "-h", "--help", "-V", "--version");

  private CommandTree() {}

  /** Adds every command, whole. */
  static void addAll(CommandLine parent, List<Class<?>> commands) {
    for (Class<?> each : commands) {
      CommandLine line = new CommandLine(each);
      if (line.getCommand() instanceof CommandGroup group) {
        addAll(line, group.commands());
      }
      parent.addSubcommand(line);
    }
  }

  /** Adds what {@code words}, which follow the parent's name, need. */
  static void add(CommandLine parent, List<Class<?>> commands, List<String> words) {
    String first = words.isEmpty() ? "" : words.getFirst();
    if (LISTING.contains(first)) {
      commands.forEach(each -> parent.addSubcommand(nameOf(each), sentence(each)));
      return;
    }
    if (parent.getSubcommands().containsKey(first)) {
      return;
    }
    Optional<Class<?>> named =
        commands.stream().filter(each -> nameOf(each).equals(first)).findFirst();
    if (named.isEmpty()) {
      // A slip of the keyboard, or words in a file (@FILE): picocli has to see everything.
      addAll(parent, commands);
      return;
    }
    CommandLine line = new CommandLine(named.get());
    if (line.getCommand() instanceof CommandGroup group) {
      add(line, group.commands(), words.subList(1, words.size()));
    }
    parent.addSubcommand(line);
  }

  private static CommandSpec sentence(Class<?> command) {
    CommandSpec spec = CommandSpec.create().name(nameOf(command));
    spec.usageMessage().description(annotation(command).description());
    return spec;
  }

  private static String nameOf(Class<?> command) {
    return annotation(command).name();
  }

  private static Command annotation(Class<?> command) {
    return Objects.requireNonNull(command.getAnnotation(Command.class));
  }
}
