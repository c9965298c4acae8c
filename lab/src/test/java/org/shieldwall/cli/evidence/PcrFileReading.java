package org.shieldwall.cli.evidence;

import java.nio.file.Path;

/** Opens the parser of PCR files to its fuzz target. */
public final class PcrFileReading {
  private PcrFileReading() {}

  public static void read(Path file) {
    PcrFile.read(file);
  }
}
