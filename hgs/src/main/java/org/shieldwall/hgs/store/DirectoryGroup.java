package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.regex.Pattern;

/**
 * A group of machine accounts that may attest.
 *
 * @param sid its security identifier, which alone counts
 * @param name what people call it here; whatever the directory calls it
 * @param added when it was registered
 */
public record DirectoryGroup(String sid, String name, Instant added) {
  private static final Pattern SID = Pattern.compile("S-1(-(0|[1-9][0-9]{0,14})){2,16}");
  private static final Pattern NAME = Pattern.compile("[^\\p{Cntrl}\\p{Cf}]{1,100}");

  /** {@return whether {@code text} is a SID as Windows writes it} */
  public static boolean isSid(String text) {
    return SID.matcher(text).matches();
  }

  /** {@return whether a group may be called that} */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches() && !text.isBlank();
  }
}
