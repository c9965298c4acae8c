package org.shieldwall.protector;

import java.util.regex.Pattern;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * One file of the volume that a new VM reads its specialization from (cloud-init NoCloud).
 *
 * @param name 1 to 64 of {@code A-Z a-z 0-9 . _ -}, not beginning with a dot or a hyphen
 * @param content whoever has the record closes it
 */
public record SeedFile(String name, SecretBytes content) implements AutoCloseable {
  static final int MAX_NAME = 64;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}");

  public SeedFile {
    if (!isName(name)) {
      throw new IllegalArgumentException("not a name for a seed file");
    }
  }

  /** {@return whether a seed file can have this name} */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  @Override
  public void close() {
    content.close();
  }
}
