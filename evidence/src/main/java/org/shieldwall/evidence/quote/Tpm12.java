package org.shieldwall.evidence.quote;

import org.shieldwall.tpm.Bytes;

/** Quotes of TPM 1.2, known so that they can be refused by name. */
final class Tpm12 {
  private static final Bytes QUOTE = Bytes.ofHex("0101000051554f54");
  private static final Bytes QUOTE_2 = Bytes.ofHex("003651555432");

  private Tpm12() {}

  /**
   * {@return whether these bytes are a TPM_QUOTE_INFO (version 1.1.0.0 and "QUOT") or a
   * TPM_QUOTE_INFO2 (tag 0x0036 and "QUT2") of TPM 1.2}
   */
  static boolean isQuote(Bytes attest) {
    return startsWith(attest, QUOTE) || startsWith(attest, QUOTE_2);
  }

  private static boolean startsWith(Bytes bytes, Bytes start) {
    return bytes.length() >= start.length() && bytes.slice(0, start.length()).equals(start);
  }
}
