package org.shieldwall.enclave.worker;

/**
 * Everything that is ever said to a worker's monitor. No command that reads or writes the guest's
 * memory, adds a device, opens a file or passes text to another monitor is here, and there is no
 * way past this list: {@link QmpChannel} takes nothing else. The state goes to and comes from a
 * descriptor of the enclave's own, by no other address. The two of the screen are said for an
 * encryption-supported VM only; any other has no screen.
 */
enum QmpCommand {
  CAPABILITIES("qmp_capabilities"),
  QUERY_STATUS("query-status"),
  CONTINUE("cont"),
  PAUSE("stop"),
  POWERDOWN("system_powerdown"),
  RESET("system_reset"),
  QUIT("quit"),
  QUERY_STATE("query-migrate"),
  // QEMU's own limit is a gigabit a second. These are 16 GiB.
  LIFT_LIMITS("migrate-set-parameters", "{\"max-bandwidth\":17179869184}"),
  TAKE_STATE("getfd", "{\"fdname\":\"state\"}"),
  SEND_STATE("migrate", "{\"uri\":\"fd:state\"}"),
  GIVE_UP_SENDING("migrate_cancel"),
  LOAD_STATE("migrate-incoming", "{\"uri\":\"fd:state\"}"),
  TAKE_VIEWER("getfd", "{\"fdname\":\"viewer\"}"),
  SHOW_SCREEN("add_client", "{\"protocol\":\"vnc\",\"fdname\":\"viewer\",\"skipauth\":true}");

  private final String text;
  private final String arguments;

  QmpCommand(String text) {
    this(text, "{}");
  }

  QmpCommand(String text, String arguments) {
    this.text = text;
    this.arguments = arguments;
  }

  /** {@return the command as QEMU spells it} */
  String text() {
    return text;
  }

  /** {@return its arguments, which are always the same: a JSON object} */
  String arguments() {
    return arguments;
  }
}
