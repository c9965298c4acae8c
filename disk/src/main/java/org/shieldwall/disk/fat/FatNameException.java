package org.shieldwall.disk.fat;

/** A file name that cannot stand in a FAT directory. */
public final class FatNameException extends Exception {
  private static final long serialVersionUID = 1;

  FatNameException(String message) {
    super(message);
  }
}
