package org.shieldwall.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Evidence of real machines and other projects' test data: beside the project, and not of it. */
public final class GenuineEvidence {
  /** Where it is: {@code -Dshieldwall.vectors}, from the checkout's top if it is relative. */
  public static final Path FOLDER =
      Path.of(System.getProperty("shieldwall.root", ".."))
          .resolve(System.getProperty("shieldwall.vectors", "../shared/vectors"));

  private GenuineEvidence() {}

  /** Skips the calling test, visibly, where the folder is absent. */
  public static Path file(String path) {
    assumeTrue(Files.isDirectory(FOLDER), "skipped: no genuine evidence at " + FOLDER);
    return FOLDER.resolve(path);
  }
}
