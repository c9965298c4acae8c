package org.shieldwall.evidence;

/**
 * Why evidence is refused. The code is stable and documented; what exactly was expected and found
 * is in the {@link Finding}.
 */
public enum FindingCode {
  /** A part of the evidence is not what it claims to be. */
  EVIDENCE_MALFORMED(
      "evidence-malformed",
      "A part of the evidence cannot be read",
      "What cannot be read whole is believed in nothing.",
      "shieldwall host attest",
      400),
  /** A part of the evidence that the policy needs was not sent. */
  EVIDENCE_MISSING(
      "evidence-missing",
      "A part of the evidence is missing",
      "What was not sent has not been checked, and what has not been checked does not pass.",
      "shieldwall host attest",
      403),
  /** Nobody registered this TPM. */
  EK_NOT_REGISTERED(
      "ek-not-registered",
      "This host's TPM is not registered",
      "Only a TPM that an administrator has registered says anything about a machine of this fabric.",
      "shieldwall hgs host add IDENTITY.json",
      403),
  /** The endorsement certificate leads to no maker that is trusted. */
  EK_CERTIFICATE_UNTRUSTED(
      "ek-certificate-untrusted",
      "The endorsement certificate leads to no trusted TPM maker",
      "Without it, the TPM may be a program that says what its owner likes.",
      "shieldwall evidence ekcert CERTIFICATE --roots DIR",
      403),
  /** The endorsement certificate is out of date, and the policy minds. */
  EK_CERTIFICATE_EXPIRED(
      "ek-certificate-expired",
      "The endorsement certificate is not valid today",
      "The policy asks for certificates in time; the key in the TPM does not change with it.",
      "shieldwall evidence ekcert CERTIFICATE --roots DIR",
      403),
  /** A certificate between the endorsement certificate and a trusted one is not there. */
  EK_CERTIFICATE_ISSUER_MISSING(
      "ek-certificate-issuer-missing",
      "A certificate between this TPM's and a trusted maker's is missing",
      "Without it nothing leads from the TPM to its maker, and what cannot be followed is not trusted.",
      "shieldwall hgs trust add FILE",
      403),
  /** A certificate is asked for and the host was registered without. */
  EK_CERTIFICATE_MISSING(
      "ek-certificate-missing",
      "This host is registered without an endorsement certificate",
      "The service asks for one of a trusted maker, unless a key is registered alone on purpose.",
      "shieldwall hgs host add IDENTITY.json --certificate FILE",
      403),
  /** The attestation key could sign things that no TPM made. */
  AK_UNACCEPTABLE(
      "ak-unacceptable",
      "The attestation key may not be used for attestation",
      "Only a restricted signing key that cannot leave its TPM signs nothing but what the TPM says.",
      "shieldwall host init",
      403),
  /** A quote of TPM 1.2. */
  QUOTE_TPM12(
      "quote-tpm12",
      "The quote is of a TPM 1.2",
      "TPM 1.2 has SHA-1 only and no attributes that bind its keys.",
      "shieldwall host init",
      403),
  /** Signed by the TPM, but no quote. */
  NOT_A_QUOTE(
      "not-a-quote",
      "What the TPM signed is not a quote",
      "Another attestation of the same key proves nothing about PCRs.",
      "shieldwall host attest",
      403),
  /** The signature is not the attestation key's over these bytes. */
  QUOTE_SIGNATURE_INVALID(
      "quote-signature-invalid",
      "The quote's signature is wrong",
      "The quote was altered, or another key signed it.",
      "shieldwall host attest",
      403),
  /** The signature is over a hash that is not accepted. */
  QUOTE_SIGNATURE_WEAK(
      "quote-signature-weak",
      "The quote is signed with SHA-1",
      "Two quotes with one SHA-1 can be made.",
      "shieldwall host init",
      403),
  /** The quote answers another challenge or speaks for another enclave. */
  QUOTE_NONCE_MISMATCH(
      "quote-nonce-mismatch",
      "The quote answers another challenge",
      "It was made earlier, or for another enclave: it says nothing about this host now.",
      "shieldwall host attest",
      403),
  /** A PCR that is needed is not in the quote. */
  PCR_NOT_QUOTED(
      "pcr-not-quoted",
      "The quote leaves out a PCR that is needed",
      "A PCR that the TPM did not sign for can have any value.",
      "shieldwall host attest",
      403),
  /** A PCR value was sent that the quote does not cover. */
  PCR_VALUE_NOT_QUOTED(
      "pcr-value-not-quoted",
      "A PCR value was sent that the quote does not cover",
      "Nothing proves it; whoever sends it wants it believed.",
      "shieldwall host attest",
      403),
  /** The PCR values are not those of the quote. */
  PCR_DIGEST_MISMATCH(
      "pcr-digest-mismatch",
      "The PCR values are not those that the TPM signed for",
      "They were altered on their way.",
      "shieldwall host attest",
      403),
  /** The log does not lead to the quoted values. */
  REPLAY_MISMATCH(
      "replay-mismatch",
      "The event log does not lead to the quoted PCR",
      "The log is not the one this boot made, so nothing in it says how the host booted.",
      "reboot the host; if it stays, treat the host as hostile",
      403),
  /** The log lacks the bank that the policy names. */
  BANK_NOT_LOGGED(
      "bank-not-logged",
      "The event log has no digests of the policy's bank",
      "The log cannot be held against the quote.",
      "enable the SHA-256 bank in the host's firmware setup",
      403),
  /** An event that cannot be accounted for. */
  EVENT_UNCONFIRMED(
      "event-unconfirmed",
      "An event in the log cannot be accounted for",
      "An event's type is not under its digest: one that its content does not confirm may hide what"
          + " was booted.",
      "shieldwall evidence eventlog LOG",
      403),
  /** Secure Boot was off. */
  SECURE_BOOT_OFF(
      "secure-boot-off",
      "Secure Boot is off",
      "Any program can have been booted.",
      "enable Secure Boot in the host's firmware setup",
      403),
  /** The log does not prove that Secure Boot was on. */
  SECURE_BOOT_UNPROVEN(
      "secure-boot-unproven",
      "The event log does not prove that Secure Boot is on",
      "What is not proven on counts as off.",
      "shieldwall evidence eventlog LOG",
      403),
  /** Firmware's debugger was on. */
  UEFI_DEBUG_ON(
      "uefi-debug-on",
      "Firmware was in debug mode",
      "A debugger in firmware changes what runs without a trace.",
      "turn the firmware's debugger off, or install release firmware",
      403),
  /** Not a full boot. */
  HOST_RESUMED(
      "host-resumed",
      "The host resumed and did not boot",
      "After a resume, memory holds what it held before, measured or not.",
      "reboot the host",
      403),
  /** What the kernel was told is not proven. */
  COMMAND_LINE_UNPROVEN(
      "command-line-unproven",
      "What the kernel was told is not proven",
      "A line that may have been made up later proves nothing.",
      "shieldwall hgs baseline add LOG --name NAME",
      403),
  /** No baseline names Secure Boot's keys. */
  SECURE_BOOT_SETTINGS_MISSING(
      "secure-boot-settings-missing",
      "No baseline names Secure Boot's keys",
      "Without one, any keys would do.",
      "shieldwall hgs baseline add LOG --name NAME",
      403),
  /** Secure Boot's keys are not those of a baseline. */
  SECURE_BOOT_SETTINGS_MISMATCH(
      "secure-boot-settings-mismatch",
      "Secure Boot's keys are not those of a baseline",
      "Somebody else's signature may let an image run.",
      "restore Secure Boot's keys in the host's firmware setup, or accept the new ones as a baseline",
      403),
  /** The kernel is not locked down. */
  KERNEL_NOT_LOCKED_DOWN(
      "kernel-not-locked-down",
      "The kernel is not locked down",
      "Root reads and writes the kernel's memory, and a guest's.",
      "put lockdown=confidentiality on the image's command line",
      403),
  /** The kernel was told to open a debugger, a debug shell or a hole. */
  KERNEL_DEBUG_ON(
      "kernel-debug-on",
      "The kernel was told to open a debugger, a debug shell or a hole",
      "Whoever has it reads a guest's memory.",
      "take the word found off the image's command line",
      403),
  /** The kernel may load unsigned modules. */
  MODULE_SIGNATURES_NOT_ENFORCED(
      "module-signatures-not-enforced",
      "The kernel may load unsigned modules",
      "A module is the kernel.",
      "put module.sig_enforce=1 on the image's command line",
      403),
  /** The kernel runs what is neither signed nor in the verified image. */
  CODE_INTEGRITY_NOT_ENFORCED(
      "code-integrity-not-enforced",
      "The kernel runs what is neither signed nor in the verified image",
      "What is only recorded has already run when it is seen.",
      "boot an image with a verified root file system, or with IMA appraisal and a signed policy",
      403),
  /** The root file system is not one that is allowed. */
  VERITY_ROOT_NOT_ALLOWED(
      "verity-root-not-allowed",
      "The root file system is not one that is allowed",
      "Nobody accepted what is in it.",
      "add the root hash to the policy, or boot an image that is in it",
      403),
  /** Devices may reach all memory. */
  IOMMU_NOT_ON(
      "iommu-not-on",
      "Devices may reach all memory",
      "A device reads a guest's memory.",
      "put intel_iommu=on or amd_iommu=force_enable on the image's command line, and enable DMA protection in firmware",
      403),
  /** The kernel may hibernate. */
  HIBERNATION_POSSIBLE(
      "hibernation-possible",
      "The kernel may hibernate",
      "Hibernation writes a guest's memory to disk, and reads a changed one back.",
      "put nohibernate on the image's command line and take resume= off it",
      403),
  /** Nothing shows that memory is not swapped out in the clear. */
  SWAP_UNPROVEN(
      "swap-unproven",
      "Nothing shows that memory is not swapped out in the clear",
      "Swap holds a guest's memory.",
      "boot an image whose signed manifest guarantees it",
      403),
  /** The kernel may dump its memory. */
  DUMPS_POSSIBLE(
      "dumps-possible",
      "The kernel may dump its memory",
      "A dump holds a guest's memory.",
      "take crashkernel= off the image's command line",
      403),
  /** Dumps are encrypted to a key that is not registered. */
  DUMP_KEY_NOT_REGISTERED(
      "dump-key-not-registered",
      "Dumps are encrypted to a key that is not registered",
      "Whoever holds it reads a guest's memory.",
      "register the key in the policy, or boot another image",
      403),
  /** Processes may trace each other. */
  PTRACE_NOT_RESTRICTED(
      "ptrace-not-restricted",
      "Processes may trace each other",
      "Whoever traces the worker reads a guest's memory.",
      "put sysctl.kernel.yama.ptrace_scope=3 on the image's command line",
      403),
  /** The policy names no revocations. */
  DBX_REQUIREMENT_MISSING(
      "dbx-requirement-missing",
      "The policy names no revocations",
      "Without any, every dbx would do.",
      "give the policy a file of revocations, or switch dbx-at-least off",
      403),
  /** Secure Boot lets run what was revoked. */
  DBX_OUTDATED(
      "dbx-outdated",
      "Secure Boot lets run what was revoked",
      "A signed boot loader with a known hole boots anything.",
      "install the update of dbx on the host, e.g. with fwupdmgr",
      403),
  /** The policy has no image manifests. */
  IMAGE_MANIFEST_MISSING(
      "image-manifest-missing",
      "The policy has no image manifests",
      "Without any, no image's maker answers for anything.",
      "give the policy a signed manifest, or switch image-manifest off",
      403),
  /** The image booted has no manifest, or something was added to it. */
  IMAGE_WITHOUT_MANIFEST(
      "image-without-manifest",
      "The image booted has no manifest, or something was added to it",
      "Its maker answers for nothing.",
      "boot an image with a manifest, without other command lines, credentials or extensions",
      403),
  /** A file's signature is not the trusted signer's. */
  IMA_SIGNATURE_INVALID(
      "ima-signature-invalid",
      "A file's signature is not the trusted signer's",
      "Nobody who is trusted signed what ran.",
      "reinstall the file from a signed package",
      403),
  /** The list goes on from another boot. */
  IMA_OFFSET_STALE(
      "ima-offset-stale",
      "The list goes on from another boot",
      "What was accepted before a boot says nothing about what ran after it.",
      "shieldwall host attest",
      403),
  /** No rules of what may run. */
  CODE_INTEGRITY_MISSING(
      "code-integrity-missing",
      "There are no rules of what may run",
      "Without any, everything would do.",
      "give the policy an allow-list or root hashes, or switch code-integrity off",
      403),
  /** No baseline to compare with. */
  BOOT_BASELINE_MISSING(
      "boot-baseline-missing",
      "There is no boot baseline to compare with",
      "Without one, any signed boot loader and kernel would do.",
      "shieldwall hgs baseline add LOG --name NAME",
      403),
  /** A fact differs from the baseline. */
  BOOT_BASELINE_MISMATCH(
      "boot-baseline-mismatch",
      "The host booted something other than its baseline",
      "What was booted has not been accepted by an administrator.",
      "if it was your update: shieldwall hgs pending show HOST, shieldwall hgs pending approve HOST",
      403),
  /** PCR 15 does not hold this enclave's key. */
  ENCLAVE_KEY_NOT_MEASURED(
      "enclave-key-not-measured",
      "PCR 15 does not hold this enclave's key",
      "The enclave was started twice in one boot, or something else was there first.",
      "reboot the host",
      403),
  /** The measurement list does not lead to the quoted PCR 10. */
  IMA_REPLAY_MISMATCH(
      "ima-replay-mismatch",
      "The IMA list does not lead to the quoted PCR 10",
      "Entries were left out or altered.",
      "shieldwall evidence ima LIST --expect sha256:PCR10",
      403),
  /** A file was open for writing while it was measured. */
  IMA_VIOLATION(
      "ima-violation",
      "A file was changed while it was measured",
      "What ran is not what was measured.",
      "reboot the host, with nothing writing to measured files",
      403),
  /** A file that is not on the allow-list. */
  IMA_NOT_ALLOWED(
      "ima-not-allowed",
      "A file ran that is not on the allow-list",
      "Nobody accepted it.",
      "shieldwall evidence ima LIST",
      403),
  /** The list is that of a kernel without rules. */
  IMA_MEASURES_NOTHING(
      "ima-measures-nothing",
      "The kernel measures nothing that runs",
      "A list of nothing does not show that nothing else ran.",
      "boot the host with ima_policy=tcb on the kernel's command line",
      403),
  /** The list does not begin with this boot. */
  IMA_BOOT_AGGREGATE(
      "ima-boot-aggregate",
      "The IMA list does not begin with this boot",
      "Its first entry has to be a digest over the PCRs of the boot.",
      "reboot the host",
      403);

  private final String code;
  private final String title;
  private final String why;
  private final String remedy;
  private final int httpStatus;

  FindingCode(String code, String title, String why, String remedy, int httpStatus) {
    this.code = code;
    this.title = title;
    this.why = why;
    this.remedy = remedy;
    this.httpStatus = httpStatus;
  }

  /** {@return the stable code} */
  public String code() {
    return code;
  }

  /** {@return what happened} */
  public String title() {
    return title;
  }

  /** {@return what it means} */
  public String why() {
    return why;
  }

  /** {@return the command, or the act, that mends it} */
  public String remedy() {
    return remedy;
  }

  /** {@return where docs/findings.md explains it} */
  public String anchor() {
    return "findings.md#" + code;
  }

  /** {@return the HTTP status of an answer that carries it} */
  public int httpStatus() {
    return httpStatus;
  }
}
