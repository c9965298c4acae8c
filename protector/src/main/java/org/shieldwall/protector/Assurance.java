package org.shieldwall.protector;

/** How a host proved itself, weakest first. */
public enum Assurance {
  /** Membership of a group in a directory. */
  DIRECTORY("directory"),
  /** A registered key. */
  HOST_KEY("host-key"),
  /** A measured boot, quoted by a TPM. */
  TPM("tpm");

  private final String id;

  Assurance(String id) {
    this.id = id;
  }

  /** {@return the name in documents} */
  public String id() {
    return id;
  }

  /** {@return whether this is enough where {@code minimum} is asked for} */
  public boolean satisfies(Assurance minimum) {
    return compareTo(minimum) >= 0;
  }

  /** Reads the name in documents. */
  public static Assurance fromJson(Json json) throws ProtectorException {
    String id = json.text(30);
    for (Assurance value : values()) {
      if (value.id.equals(id)) {
        return value;
      }
    }
    throw json.malformed("tpm, host-key or directory", '"' + id + '"');
  }
}
