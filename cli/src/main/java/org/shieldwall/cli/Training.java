package org.shieldwall.cli;

import java.io.PrintWriter;
import java.io.Writer;
import picocli.CommandLine;

/**
 * Run once after a build to record the AOT cache: asks every command for its help, so that their
 * classes are loaded and linked before a user waits for them.
 */
public final class Training {
  private Training() {}

  /** Visits every command. */
  public static void main(String[] arguments) {
    visit(Main.commandLine());
  }

  private static void visit(CommandLine line) {
    line.setOut(new PrintWriter(Writer.nullWriter()));
    line.execute("--help");
    line.getSubcommands().values().forEach(Training::visit);
  }
}
