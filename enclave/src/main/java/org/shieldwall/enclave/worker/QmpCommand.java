package org.shieldwall.enclave.worker;

/**
 * Everything that is ever said to a worker's monitor. No command that reads or writes the guest's
 * memory, adds a device, opens a file or passes text to another monitor is here, and there is no
 * way past this list: {@link QmpChannel} takes nothing else. The two of the screen are said for an
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
