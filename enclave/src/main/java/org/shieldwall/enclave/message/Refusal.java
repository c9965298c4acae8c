package org.shieldwall.enclave.message;

/** Why the enclave itself refuses; sealed documents have codes of their own. */
public enum Refusal {
  MALFORMED("malformed-message", "send one of the messages in docs/protocol.md"),
  TOO_LARGE("message-too-large", "a message has at most 16 MiB"),
  BUSY("enclave-busy", "try again in a moment"),
  UNKNOWN_SESSION("unknown-session", "prepare a release and use it within five minutes, once"),
  WRONG_PURPOSE("wrong-purpose", "prepare a release for this purpose"),
  NOT_A_VM("not-a-vm", "name a directory that vm create made"),
  DIRECTORY_NOT_EMPTY("directory-not-empty", "choose another name, or delete the VM first"),
  ALREADY_RUNNING("already-running", "stop the VM first"),
  NOT_RUNNING("not-running", "shieldwall vm list shows what runs"),
  CONSOLE_NOT_ALLOWED(
      "console-not-allowed",
      "only the owner can allow it, by shielding data of the class encryption-supported"),
  OWNER_POLICY(
      "owner-policy", "start it on a host that the owner's grant allows, or ask the owner"),
  TEMPLATE_ALTERED("template-altered", "get the template again from its signer"),
  TEMPLATE_UNUSABLE("template-unusable", "ask the template's signer for one this version can use"),
  NOT_REPORTED("lease-not-asked-for", "ask for a report first, and give its answer once"),
  STATE_NOT_LAST(
      "state-not-the-last",
      "start it from the state it ended with; if that is lost: shieldwall owner grant restore"),
  SAVED_STATE_MISSING(
      "saved-state-missing",
      "put the file back; or give the memory up: shieldwall vm start --discard-saved"),
  SAVED_STATE_ALTERED(
      "saved-state-altered",
      "put the file back as it was; or give the memory up: shieldwall vm start --discard-saved"),
  SAVED_STATE_UNUSABLE(
      "saved-state-not-usable-here",
      "restore it where it was saved; or give the memory up: shieldwall vm start --discard-saved"),
  NOT_OFFERED("not-offered", "offer it first: shieldwall vm migrate does"),
  MIGRATION_FAILED(
      "migration-failed", "the VM goes on where it was; read the detail, then migrate it again"),
  NOT_SAVED("not-saved", "shieldwall vm start starts it from its disk"),
  NOT_SAVABLE("not-savable", "save it while its guest runs"),
  STATE_ALTERED("vm-state-altered", "restore the VM's directory from the copy last started"),
  VTPM_FAILED("vtpm-failed", "check that swtpm is installed and the disk is not full"),
  WORKER_FAILED("worker-failed", "read the detail; shieldwall host status shows the accelerator"),
  HOST_SWAPS("host-swaps", "swapoff -a, and take it out of /etc/fstab"),
  NO_SPACE("no-space", "free space where the VM lies"),
  NOT_USABLE("not-usable", "check that the file exists and that the enclave's user may use it"),
  INTERNAL("internal-error", "restart the host and report it as SECURITY.md says");

  private final String id;
  private final String remedy;

  Refusal(String id, String remedy) {
    this.id = id;
    this.remedy = remedy;
  }

  /** {@return the code as it is written} */
  public String id() {
    return id;
  }

  /** {@return what mends it} */
  public String remedy() {
    return remedy;
  }

  /** {@return the answer} */
  public Answer.Refused because(String detail) {
    return new Answer.Refused(id, detail, remedy);
  }
}
