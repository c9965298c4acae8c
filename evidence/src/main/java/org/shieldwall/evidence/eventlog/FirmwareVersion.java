package org.shieldwall.evidence.eventlog;

import java.util.Optional;
import org.shieldwall.tpm.Bytes;

/** EV_S_CRTM_VERSION's data: a text in UTF-16, a GUID, or a maker's own bytes. */
final class FirmwareVersion {
  private static final int LONGEST_SHOWN = 64;

  private FirmwareVersion() {}

  static String describe(Bytes data) {
    if (data.isAllZero()) {
      return "empty";
    }
    Optional<String> text = Texts.looksLikeUtf16(data) ? Texts.utf16(data) : Texts.utf8(data);
    if (text.isPresent() && text.get().chars().allMatch(c -> c >= ' ' && c < 0x7F)) {
      return text.get();
    }
    if (data.length() == 16) {
      return EfiVariable.guid(data.toArray());
    }
    return data.length() <= LONGEST_SHOWN
        ? data.hex()
        : data.slice(0, LONGEST_SHOWN).hex() + "… (" + data.length() + " bytes)";
  }
}
