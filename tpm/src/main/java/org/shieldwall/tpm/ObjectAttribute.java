package org.shieldwall.tpm;

import java.util.Locale;

/** What a TPM promises about an object: the bits of TPMA_OBJECT (Part 2, section 8.3). */
public enum ObjectAttribute {
  /** The object cannot leave its TPM, and neither can anything above it. */
  FIXED_TPM(1),
  /** A saved context does not survive a restart. */
  ST_CLEAR(2),
  /** The object cannot be moved under another parent. */
  FIXED_PARENT(4),
  /** The TPM itself made the secret part. */
  SENSITIVE_DATA_ORIGIN(5),
  /** Use is authorized by the object's authorization value as well as by its policy. */
  USER_WITH_AUTH(6),
  /** Administration is authorized by policy only. */
  ADMIN_WITH_POLICY(7),
  /** A wrong authorization does not count towards the dictionary-attack lockout. */
  NO_DA(10),
  /** Duplication needs an inner wrapper. */
  ENCRYPTED_DUPLICATION(11),
  /** A signing key signs only what the TPM made; a decryption key is a storage parent. */
  RESTRICTED(16),
  /** The key may decrypt. */
  DECRYPT(17),
  /** The key may sign, or the symmetric key encrypt. */
  SIGN(18),
  /** The key may sign X.509 certificates made by the TPM. */
  X509_SIGN(19);

  private final int mask;

  ObjectAttribute(int bit) {
    this.mask = 1 << bit;
  }

  int mask() {
    return mask;
  }

  /** {@return the name in the specification's spelling, e.g. {@code fixedTPM}} */
  public String label() {
    return switch (this) {
      case FIXED_TPM -> "fixedTPM";
      case ST_CLEAR -> "stClear";
      case FIXED_PARENT -> "fixedParent";
      case SENSITIVE_DATA_ORIGIN -> "sensitiveDataOrigin";
      case USER_WITH_AUTH -> "userWithAuth";
      case ADMIN_WITH_POLICY -> "adminWithPolicy";
      case NO_DA -> "noDA";
      case ENCRYPTED_DUPLICATION -> "encryptedDuplication";
      case X509_SIGN -> "x509sign";
      case RESTRICTED, DECRYPT, SIGN -> name().toLowerCase(Locale.ROOT);
    };
  }
}
