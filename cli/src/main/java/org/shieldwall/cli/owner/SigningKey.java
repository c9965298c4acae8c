package org.shieldwall.cli.owner;

import java.nio.file.Path;
import java.security.SecureRandom;
import org.shieldwall.protector.GuardianKey;
import picocli.CommandLine.Mixin;

/** A private guardian file that somebody else than an owner signs with. */
public final class SigningKey {
  @Mixin private Unlocking unlocking = new Unlocking();

  /** Opens it. */
  public GuardianKey open(Path file, SecureRandom random) {
    return unlocking.open(file, random);
  }

  /** Writes what was signed, into a new file. */
  public static void writeNew(Path file, byte[] bytes) {
    Documents.writeNew(file, bytes);
  }
}
