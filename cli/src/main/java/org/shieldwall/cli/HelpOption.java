package org.shieldwall.cli;

import picocli.CommandLine.Option;

/** {@code --help} alone, for a command that has a {@code --version} of its own meaning. */
public final class HelpOption {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  private boolean help;

  /** {@return whether help was asked for} */
  public boolean isAsked() {
    return help;
  }
}
