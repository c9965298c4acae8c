package org.shieldwall.evidence;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A fact of a boot that a baseline may name. Each fact takes in everything measured into its PCRs
 * that could matter to it, by digest where the content is not in the log, so that giving an event
 * another type moves nothing out of sight.
 */
public enum FactName {
  /** Whether Secure Boot was on. */
  SECURE_BOOT("Secure Boot", 7),
  /** The platform key, PK. */
  PLATFORM_KEY("the platform key (PK)", 7),
  /** Who may change db and dbx, KEK. */
  KEY_EXCHANGE_KEYS("the key exchange keys (KEK)", 7),
  /** Whose images may run, db. */
  SIGNATURE_DATABASE("the signature database (db)", 7),
  /** Which images may not run, dbx. */
  FORBIDDEN_SIGNATURES("the forbidden signatures (dbx)", 7),
  /** Which keys let the images run that ran. */
  AUTHORITIES("the keys that images were signed with", 7),
  /** What firmware says about protection, e.g. that DMA protection is off. */
  SECURITY_ACTIONS("what firmware says about its protection", 7),
  /** Every image that ran, in order. */
  BOOT_APPLICATIONS("the images booted", 4),
  /** What the kernel was told. */
  KERNEL_COMMAND_LINE("the kernel's command line", 8, 12),
  /** Files and initial RAM disks read before the kernel ran, in order. */
  LOADED_FILES("the files and initial RAM disks loaded", 9),
  /** The version that firmware gives itself. */
  FIRMWARE_VERSION("the firmware's version", 0),
  /** Every piece of firmware, in order. */
  FIRMWARE("the firmware", 0),
  /** Every driver and option ROM, in order. */
  DRIVERS("drivers and option ROMs", 2);

  private final String title;
  private final int pcr;
  private final int otherPcr;

  FactName(String title, int pcr) {
    this(title, pcr, pcr);
  }

  FactName(String title, int pcr, int otherPcr) {
    this.title = title;
    this.pcr = pcr;
    this.otherPcr = otherPcr;
  }

  /** {@return the name in JSON, e.g. {@code boot-applications}} */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return the name in a sentence} */
  public String title() {
    return title;
  }

  /** {@return the PCRs it is measured in} */
  public Set<Integer> pcrs() {
    return pcr == otherPcr ? Set.of(pcr) : Set.of(pcr, otherPcr);
  }

  /** {@return the fact with this {@link #label}} */
  public static Optional<FactName> ofLabel(String label) {
    return Stream.of(values()).filter(each -> each.label().equals(label)).findFirst();
  }

  /** {@return the facts of a level, in the order of this enumeration} */
  static List<FactName> of(CaptureLevel level) {
    return switch (level) {
      case KEYS ->
          List.of(
              SECURE_BOOT,
              PLATFORM_KEY,
              KEY_EXCHANGE_KEYS,
              SIGNATURE_DATABASE,
              AUTHORITIES,
              SECURITY_ACTIONS);
      case BOOT ->
          List.of(
              SECURE_BOOT,
              PLATFORM_KEY,
              KEY_EXCHANGE_KEYS,
              SIGNATURE_DATABASE,
              AUTHORITIES,
              SECURITY_ACTIONS,
              BOOT_APPLICATIONS,
              KERNEL_COMMAND_LINE,
              LOADED_FILES);
      case EVERYTHING -> List.of(values());
    };
  }
}
