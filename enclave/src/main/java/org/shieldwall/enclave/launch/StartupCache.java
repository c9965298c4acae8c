package org.shieldwall.enclave.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * What the build recorded of the enclave's start (an AOT cache of the Java runtime: its classes,
 * read and linked), so that the next one need not do it again. It is code and treated as such: one
 * that anybody but root could have written is not used, and an enclave that was given one does not
 * start. The Java runtime ignores one that was made for other jars or by another version of itself.
 */
public final class StartupCache {
  /** How it lies beside the enclave's own jar. */
  public static final String NAME = "enclave.aot";

  private static final String OPTION = "-XX:AOTCache=";
  private static final int ROOT = 0;
  private static final int STICKY = 01000;

  private StartupCache() {}

  /**
   * {@return the cache for this class path}, if the build made one and the class path is the
   * build's
   *
   * @param copies a folder of root's, for a copy where the build's is not root's alone
   */
  public static Optional<Path> prepare(String classPath, Path copies) throws IOException {
    Path jar = Path.of(classPath.split(":", 2)[0]);
    Path built = jar.resolveSibling(NAME);
    if (!Files.isRegularFile(jar) || !Files.isRegularFile(built)) {
      return Optional.empty();
    }
    if (untrusted(built).isEmpty()) {
      return Optional.of(built.toRealPath());
    }
    Path copy = copies.resolve(NAME);
    Files.copy(built, copy, StandardCopyOption.REPLACE_EXISTING);
    Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
    return untrusted(copy).isEmpty() ? Optional.of(copy.toRealPath()) : Optional.empty();
  }

  /** {@return the option of the Java runtime that has it used} */
  static String option(Path cache) {
    return OPTION + cache;
  }

  /** {@return the cache that an option names}, if it is that option */
  public static Optional<Path> named(String option) {
    return option.startsWith(OPTION)
        ? Optional.of(Path.of(option.substring(OPTION.length())))
        : Optional.empty();
  }

  /** {@return who else than root could have written it, in words}; empty if nobody could */
  public static Optional<String> untrusted(Path cache) throws IOException {
    Path real = cache.toRealPath();
    for (Path each = real; each != null; each = each.getParent()) {
      if (!Integer.valueOf(ROOT).equals(Files.getAttribute(each, "unix:uid"))) {
        return Optional.of(each + " is not root's");
      }
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(each);
      boolean others =
          permissions.contains(PosixFilePermission.OTHERS_WRITE)
              || permissions.contains(PosixFilePermission.GROUP_WRITE);
      // In a folder like /tmp others may make files, and not touch root's.
      boolean sticky =
          !each.equals(real) && (((Integer) Files.getAttribute(each, "unix:mode")) & STICKY) != 0;
      if (others && !sticky) {
        return Optional.of(each + " can be written by others");
      }
    }
    return Optional.empty();
  }
}
