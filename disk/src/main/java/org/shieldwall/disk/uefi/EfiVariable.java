package org.shieldwall.disk.uefi;

import org.shieldwall.tpm.Bytes;

/**
 * One UEFI variable as it stands in the variable store.
 *
 * @param name its name, without the final NUL; 1 to {@value #MAXIMUM_NAME} characters
 * @param vendor the name space it is in
 * @param attributes EFI_VARIABLE_... bits (UEFI 2.10, section 8.2.1)
 * @param time EFI_TIME of the last authenticated write, 16 bytes; all zero for a variable without
 *     one
 * @param data its content; an empty variable does not exist, so at least one byte
 */
public record EfiVariable(String name, EfiGuid vendor, int attributes, EfiTime time, Bytes data) {
  /** Kept when power is off. */
  public static final int NON_VOLATILE = 0x01;

  /** Seen before ExitBootServices. */
  public static final int BOOT_SERVICE = 0x02;

  /** Seen by the operating system too. */
  public static final int RUNTIME = 0x04;

  /** Written only with a signature over the content and a later time. */
  public static final int TIME_BASED_AUTHENTICATED = 0x20;

  static final int MAXIMUM_NAME = 1024;

  public EfiVariable {
    if (name.isEmpty() || name.length() > MAXIMUM_NAME || name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("not the name of a variable");
    }
    if (data.isEmpty()) {
      throw new IllegalArgumentException("variable " + name + " has no content");
    }
  }

  boolean isNamed(String otherName, EfiGuid otherVendor) {
    return name.equals(otherName) && vendor.equals(otherVendor);
  }

  @Override
  public String toString() {
    return name + "-" + vendor + " (" + data.length() + " bytes)";
  }
}
