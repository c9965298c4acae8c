package org.shieldwall.tpm.command;

import java.io.IOException;

/**
 * Carries one command to a TPM and brings its response back. Not for use by two threads at once.
 */
public interface TpmTransport extends AutoCloseable {
  /** Responses are never longer: TPM_PT_MAX_RESPONSE_SIZE of every TPM seen is 4096. */
  int MAX_RESPONSE = 8192;

  /** Length of a command's and a response's header: tag, size, code. */
  int HEADER = 10;

  /**
   * {@return the response to {@code command}}
   *
   * @param command a whole TPM command, header included; not kept
   * @throws IOException if the TPM has gone, or does not answer in TPM responses
   */
  byte[] transmit(byte[] command) throws IOException;

  @Override
  void close() throws IOException;
}
