package org.shieldwall.host.vm.backup;

import java.util.List;
import java.util.regex.Pattern;

/**
 * One file of a VM in a backup.
 *
 * @param path relative to the VM's folder
 * @param bytes its length
 * @param blocks SHA-256 of each block of a MiB in lower-case hex, {@link #HOLE} for one of zeros;
 *     the last may be shorter
 */
record BackedUpFile(String path, long bytes, List<String> blocks) {
  static final int BLOCK = 1 << 20;

  /** In the place of a digest: nothing but zeros, which is not kept. */
  static final String HOLE = "zeros";

  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}");

  BackedUpFile {
    blocks = List.copyOf(blocks);
  }

  /** {@return whether a file of a VM can be called so: it becomes a path below its folder} */
  static boolean isPath(String path) {
    return PATH.matcher(path).matches();
  }

  /** {@return how many blocks a file of so many bytes has} */
  static long count(long bytes) {
    return (bytes + BLOCK - 1) / BLOCK;
  }

  /** {@return how long block {@code index} is} */
  int length(int index) {
    return (int) Math.min(BLOCK, bytes - (long) index * BLOCK);
  }
}
