package org.shieldwall.evidence.eventlog;

import java.util.List;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * A UEFI variable whose name and value were measured.
 *
 * @param event index of the event
 * @param variable name and value
 * @param entries what is in a signature database, or the certificate of an authority; empty where
 *     the value is neither
 */
public record MeasuredVariable(int event, EfiVariable variable, List<SignatureEntry> entries) {
  /** Keeps its own copy of the list. */
  public MeasuredVariable {
    entries = List.copyOf(entries);
  }

  /** {@return the variable's name} */
  public String name() {
    return variable.name();
  }

  /** {@return SHA-256 of the value} */
  public Bytes sha256() {
    return TpmHash.SHA256.hash(variable.value());
  }
}
