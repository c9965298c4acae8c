package org.shieldwall.enclave.worker;

/**
 * Everything that is ever said to a worker's monitor. No command that reads or writes the guest's
 * memory, adds a device, opens a file or passes text to another monitor is here, and there is no
 * way past this list: {@link QmpChannel} takes nothing else.
 */
enum QmpCommand {
  CAPABILITIES("qmp_capabilities"),
  QUERY_STATUS("query-status"),
  CONTINUE("cont"),
  PAUSE("stop"),
  POWERDOWN("system_powerdown"),
  RESET("system_reset"),
  QUIT("quit");

  private final String text;

  QmpCommand(String text) {
    this.text = text;
  }

  /** {@return the command as QEMU spells it; none takes an argument} */
  String text() {
    return text;
  }
}
