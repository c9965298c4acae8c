package org.shieldwall.protector.secret;

import java.nio.charset.StandardCharsets;

/** The keys derived from a transport key; the label is the {@code info} of HKDF. */
public enum KeyLabel {
  KEYING_MAC("keying mac"),
  SHIELDING_DATA("shielding data"),
  VTPM_STATE("vtpm state"),
  UEFI_VARIABLES("uefi variables"),
  KEPT_KEYS("kept keys"),
  MIGRATION("migration"),
  REPLICA("replica");

  private final String label;

  KeyLabel(String label) {
    this.label = label;
  }

  byte[] info() {
    return ("shieldwall " + label).getBytes(StandardCharsets.US_ASCII);
  }
}
