package org.shieldwall.hgs.web;

import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.MalformedException;

/** One thing that can be asked over HTTPS. */
@FunctionalInterface
public interface Exchange {
  /**
   * Answers one request.
   *
   * @param body within the route's limit; empty for GET
   * @return the answer's body, JSON
   * @throws RefusedException with the problem to answer
   * @throws ProtectorException if the body is malformed
   * @throws MalformedException if a TPM structure in it is
   */
  byte[] answer(byte[] body) throws RefusedException, ProtectorException, MalformedException;
}
