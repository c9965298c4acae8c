package org.shieldwall.tpm.command;

import java.util.Locale;
import java.util.Optional;

/**
 * A response code taken apart (Part 1, section 39.4; Part 2, section 6.6).
 *
 * @param value the 32 bits of the response
 */
public record ResponseCode(int value) {
  private static final int FORMAT_ONE = 0x080;
  private static final int PARAMETER = 0x040;

  /** What a format-one code complains about. */
  public enum Part {
    /** One of the command's handles. */
    HANDLE,
    /** One of the command's sessions. */
    SESSION,
    /** One of the command's parameters. */
    PARAMETER
  }

  /**
   * Which handle, session or parameter.
   *
   * @param part what kind
   * @param number counted from 1; 0 if the TPM did not say
   */
  public record Subject(Part part, int number) {
    @Override
    public String toString() {
      return part.name().toLowerCase(Locale.ROOT) + " " + number;
    }
  }

  /** {@return the code without the bits that name a handle, session or parameter} */
  public TpmRc rc() {
    // Bits 16 to 23 say which layer of software answered (the kernel's resource manager sets them).
    int code = value & 0xFFF;
    return TpmRc.ofNumber((code & FORMAT_ONE) != 0 ? code & 0x0BF : code);
  }

  /** {@return which handle, session or parameter is at fault, where the code says so} */
  public Optional<Subject> subject() {
    if ((value & FORMAT_ONE) == 0) {
      return Optional.empty();
    }
    int number = value >>> 8 & 0xF;
    if ((value & PARAMETER) != 0) {
      return Optional.of(new Subject(Part.PARAMETER, number));
    }
    Part part = (number & 8) != 0 ? Part.SESSION : Part.HANDLE;
    return Optional.of(new Subject(part, number & 7));
  }

  @Override
  public String toString() {
    String where =
        subject().filter(each -> each.number() != 0).map(each -> " (" + each + ")").orElse("");
    return "TPM_RC_" + rc() + where + " 0x%03x".formatted(value);
  }
}
