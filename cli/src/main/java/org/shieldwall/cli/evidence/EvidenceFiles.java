package org.shieldwall.cli.evidence;

import java.nio.file.Path;
import org.shieldwall.cli.Failure;
import org.shieldwall.tpm.MalformedException;

/** Files of evidence, read within a bound and refused by name. */
final class EvidenceFiles {
  private EvidenceFiles() {}

  static Failure malformed(Path file, MalformedException problem) {
    return new Failure(
        file
            + ": malformed "
            + problem.structure()
            + " at offset "
            + problem.offset()
            + ": expected "
            + problem.expected()
            + ", found "
            + problem.found(),
        "",
        Failure.MALFORMED);
  }
}
