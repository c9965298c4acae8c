package org.shieldwall.evidence;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What can be asked of a host. docs/policy.md says what proves each and what root can do about it.
 */
public enum Check {
  /** Who it is. */
  EK_REGISTERED(
      Standing.ALWAYS,
      "The TPM is registered",
      "Only a registered TPM says anything about a machine of this fabric.",
      "",
      "Without it nothing else means anything."),
  /** Whose signature counts. */
  AK_ACCEPTABLE(
      Standing.ALWAYS,
      "The attestation key signs nothing but what its TPM says",
      "Any other key signs whatever its holder likes.",
      "",
      "Without it nothing else means anything."),
  /** What the TPM signed. */
  QUOTE(
      Standing.ALWAYS,
      "The quote is fresh, for this enclave, and covers every PCR that counts",
      "It is what everything else is held against.",
      "",
      "Without it nothing else means anything."),
  /** Whether the log is this boot's. */
  EVENT_LOG(
      Standing.ALWAYS,
      "The event log leads to the quoted PCRs, and every event in it can be accounted for",
      "A log that does not is a story.",
      "",
      "Without it no fact of the boot is proven."),
  /** Whose keys are released to. */
  ENCLAVE_MEASURED(
      Standing.ON,
      "PCR 15 holds the enclave's key and nothing else",
      "Keys are sealed to the enclave: another program's key must not stand in its place.",
      "Hgs_VsmIdkPresent",
      "Every host runs an enclave, and no release is safe without it."),
  /** Firmware checks signatures. */
  SECURE_BOOT(
      Standing.ON,
      "Secure Boot was on",
      "With it off, any program can have been booted.",
      "Hgs_SecureBootEnabled",
      "Every supported host can do it."),
  /** Whose signatures firmware takes. */
  SECURE_BOOT_SETTINGS(
      Standing.OFF,
      "Secure Boot's keys are those of a baseline",
      "Secure Boot is worth as much as the keys that may sign.",
      "Hgs_SecureBootSettings",
      "A baseline of level keys or above holds hosts to the same; alone it serves fleets without"
          + " boot baselines."),
  /** No debugger in firmware. */
  NO_UEFI_DEBUG(
      Standing.ON,
      "Firmware was not in debug mode, and its debugger off",
      "A debugger in firmware changes what runs without a trace.",
      "Hgs_UefiDebugDisabled",
      "Firmware for use has none."),
  /** What was booted. */
  BOOT_BASELINE(
      Standing.ON,
      "The boot is one of the accepted baselines",
      "Without one, any signed boot loader and kernel would do.",
      "TPM baseline (Add-HgsAttestationTpmPolicy)",
      "It is what an administrator has accepted."),
  /** Root cannot change the kernel. */
  KERNEL_LOCKDOWN(
      Standing.OFF,
      "The kernel is locked down",
      "Otherwise root reads and writes the kernel's memory, and a guest's.",
      "",
      "A boot baseline already holds hosts to the command line that turns it on; this says it in"
          + " words, for baselines of level keys."),
  /** No debugger in the kernel. */
  NO_KERNEL_DEBUG(
      Standing.OFF,
      "The kernel was told of no debugger and no hole in its own protection",
      "A kernel debugger reads a guest's memory.",
      "Hgs_UefiDebugDisabled",
      "A boot baseline already fixes the command line."),
  /** Nothing unsigned in the kernel. */
  MODULE_SIGNATURES(
      Standing.OFF,
      "The kernel loads signed modules only",
      "A module is the kernel.",
      "Hgs_HypervisorEnforcedCiPolicy",
      "A boot baseline already fixes the command line; lockdown includes it."),
  /** What ran since. */
  CODE_INTEGRITY(
      Standing.OFF,
      "Nothing ran that is not on the allow-list",
      "A booted system is as good as what runs on it.",
      "Hgs_CiPolicy",
      "It needs a list of what may run."),
  /** The kernel refuses what is not allowed. */
  CODE_INTEGRITY_ENFORCED(
      Standing.OFF,
      "The kernel refuses to run what is not signed or not in the verified image",
      "What is only recorded has already run when it is seen.",
      "Hgs_HypervisorEnforcedCiPolicy",
      "It needs an image made for it: IMA appraisal or dm-verity."),
  /** No resume. */
  FULL_BOOT(
      Standing.ON,
      "The host booted fully, and did not resume",
      "After a resume, memory holds what it held before, measured or not.",
      "Hgs_FullBoot",
      "Servers do not sleep."),
  /** Devices read only what they may. */
  IOMMU(
      Standing.OFF,
      "The IOMMU keeps devices from memory that is not theirs",
      "Otherwise a device reads a guest's memory.",
      "Hgs_IommuEnabled",
      "Many virtual hosts have none, and the command line shows what the kernel was told, not what"
          + " the hardware has."),
  /** Memory is not written to disk. */
  NO_HIBERNATION(
      Standing.OFF,
      "The kernel does not hibernate",
      "Hibernation writes a guest's memory to disk, and reads a changed one back.",
      "Hgs_NoHibernation",
      "A boot baseline already fixes the command line; lockdown includes it."),
  /** Memory is not swapped out in the clear. */
  NO_SWAP_OR_ENCRYPTED(
      Standing.OFF,
      "There is no swap, or it is encrypted",
      "Swap holds a guest's memory.",
      "Hgs_PageFileEncryptionEnabled",
      "Only an image's maker can answer for it."),
  /** Memory is not dumped in the clear. */
  NO_DUMPS_OR_ENCRYPTED(
      Standing.OFF,
      "The kernel makes no dumps, or encrypts them to a registered key",
      "A dump holds a guest's memory.",
      "Hgs_NoDumps, Hgs_DumpEncryption, Hgs_DumpEncryptionKey",
      "A boot baseline already fixes the command line."),
  /** Processes do not read each other. */
  PTRACE_RESTRICTED(
      Standing.OFF,
      "Processes may not trace each other",
      "Whoever traces the worker reads a guest's memory.",
      "",
      "It needs an image made for it: few systems run without any tracing."),
  /** Known bad boot loaders are refused. */
  DBX_AT_LEAST(
      Standing.OFF,
      "Secure Boot refuses what was revoked",
      "A signed boot loader with a known hole boots anything.",
      "Hgs_SecureBootSettings",
      "It needs a list of revocations."),
  /** The image's maker vouches for it. */
  IMAGE_MANIFEST(
      Standing.OFF,
      "The image booted is one that its maker signed a manifest for",
      "The maker answers for what no measurement shows.",
      "",
      "It needs manifests.");

  /** Whether a policy has a say. */
  enum Standing {
    /** None. */
    ALWAYS,
    /** It may be switched off. */
    ON,
    /** It may be switched on. */
    OFF
  }

  private static final Set<Check> GUARANTEED =
      Collections.unmodifiableSet(
          EnumSet.of(
              KERNEL_LOCKDOWN,
              NO_KERNEL_DEBUG,
              MODULE_SIGNATURES,
              CODE_INTEGRITY_ENFORCED,
              IOMMU,
              NO_HIBERNATION,
              NO_SWAP_OR_ENCRYPTED,
              NO_DUMPS_OR_ENCRYPTED,
              PTRACE_RESTRICTED));

  private final Standing standing;
  private final String title;
  private final String why;
  private final String microsoftName;
  private final String defaultReason;

  Check(Standing standing, String title, String why, String microsoftName, String defaultReason) {
    this.standing = standing;
    this.title = title;
    this.why = why;
    this.microsoftName = microsoftName;
    this.defaultReason = defaultReason;
  }

  /** {@return the name in policies and JSON, e.g. {@code secure-boot}} */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return what holds when it passes} */
  public String title() {
    return title;
  }

  /** {@return why it matters} */
  public String why() {
    return why;
  }

  /** {@return what Windows' guarded fabric calls it; empty if it has no such check} */
  public String microsoftName() {
    return microsoftName;
  }

  /** {@return whether policies have a say; a check without is always made} */
  public boolean canBeSwitched() {
    return standing != Standing.ALWAYS;
  }

  /** {@return whether it is made where a policy says nothing} */
  public boolean isOnByDefault() {
    return standing != Standing.OFF;
  }

  /** {@return why the default is what it is} */
  public String defaultReason() {
    return defaultReason;
  }

  /** {@return whether a signed image manifest can answer for it} */
  public boolean canBeGuaranteed() {
    return GUARANTEED.contains(this);
  }

  /** {@return the check with this {@link #label}} */
  public static Optional<Check> ofLabel(String label) {
    return Stream.of(values()).filter(each -> each.label().equals(label)).findFirst();
  }

  /** {@return the checks that are made where a policy says nothing} */
  public static Set<Check> defaults() {
    EnumSet<Check> checks = EnumSet.allOf(Check.class);
    checks.removeIf(each -> !each.isOnByDefault());
    return Collections.unmodifiableSet(checks);
  }
}
