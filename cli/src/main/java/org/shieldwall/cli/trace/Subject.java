package org.shieldwall.cli.trace;

import org.shieldwall.evidence.Check;

/** What a check is about: the tree's first branches. */
enum Subject {
  IDENTITY("Who it is, and what its TPM signed"),
  BOOT("What it booted"),
  KERNEL("What its kernel permits"),
  SINCE("What has run since");

  private final String title;

  Subject(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  static Subject of(Check check) {
    return switch (check) {
      case EK_REGISTERED, AK_ACCEPTABLE, QUOTE, EVENT_LOG, ENCLAVE_MEASURED -> IDENTITY;
      case SECURE_BOOT,
          SECURE_BOOT_SETTINGS,
          NO_UEFI_DEBUG,
          BOOT_BASELINE,
          FULL_BOOT,
          DBX_AT_LEAST,
          IMAGE_MANIFEST ->
          BOOT;
      case KERNEL_LOCKDOWN,
          NO_KERNEL_DEBUG,
          MODULE_SIGNATURES,
          IOMMU,
          NO_HIBERNATION,
          NO_SWAP_OR_ENCRYPTED,
          NO_DUMPS_OR_ENCRYPTED,
          PTRACE_RESTRICTED ->
          KERNEL;
      case CODE_INTEGRITY, CODE_INTEGRITY_ENFORCED -> SINCE;
    };
  }
}
