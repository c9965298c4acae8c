package org.shieldwall.protector;

/** What the owner asks of a VM's host. */
public enum VmClass {
  /** Protected from the fabric's administrators: no console, debugger, dump or guest agent. */
  SHIELDED("shielded"),
  /** Encrypted at rest; the fabric's administrators are trusted with the running VM. */
  ENCRYPTION_SUPPORTED("encryption-supported");

  private final String id;

  VmClass(String id) {
    this.id = id;
  }

  /** {@return the name in documents} */
  public String id() {
    return id;
  }

  static VmClass fromJson(Json json) throws ProtectorException {
    String id = json.text(30);
    for (VmClass value : values()) {
      if (value.id.equals(id)) {
        return value;
      }
    }
    throw json.malformed("shielded or encryption-supported", '"' + id + '"');
  }
}
