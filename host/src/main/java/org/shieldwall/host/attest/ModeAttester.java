package org.shieldwall.host.attest;

import java.io.IOException;
import org.shieldwall.host.AgentException;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.command.TpmException;

/** The host's side of attestation in one mode. */
public interface ModeAttester {
  /**
   * Asks for a challenge, answers it, and returns the health certificate that was given.
   *
   * @throws AgentException if something on this host does not serve; says what mends it
   */
  AttestReply attest(HgsClient hgs, KeySet enclave)
      throws AgentException,
          IOException,
          TpmException,
          MalformedException,
          HgsUnavailableException,
          RefusedException,
          InterruptedException;

  /** {@return whether the last challenge answered asked what files were measured} */
  default boolean sentFiles() {
    return false;
  }
}
