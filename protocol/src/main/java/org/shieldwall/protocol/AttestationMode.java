package org.shieldwall.protocol;

import java.util.Arrays;
import java.util.Optional;
import org.shieldwall.protector.Assurance;

/** How a host proves itself, strongest first. */
public enum AttestationMode {
  /** A measured boot, quoted by its TPM. */
  TPM(Assurance.TPM),
  /** Possession of a registered private key. */
  HOST_KEY(Assurance.HOST_KEY),
  /** A Kerberos ticket of a machine account in a registered group. */
  DIRECTORY(Assurance.DIRECTORY);

  private final Assurance assurance;

  AttestationMode(Assurance assurance) {
    this.assurance = assurance;
  }

  /** {@return its name on the wire, in files and on the command line} */
  public String id() {
    return assurance.id();
  }

  /** {@return what a proof of this kind is worth, in the words of an owner's policy} */
  public Assurance assurance() {
    return assurance;
  }

  /** {@return the mode with this name} */
  public static Optional<AttestationMode> ofId(String id) {
    return Arrays.stream(values()).filter(mode -> mode.id().equals(id)).findFirst();
  }
}
