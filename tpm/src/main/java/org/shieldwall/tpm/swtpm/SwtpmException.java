package org.shieldwall.tpm.swtpm;

import java.io.IOException;

/** An swtpm did not start, has gone, or refused a command on its control channel. */
public final class SwtpmException extends IOException {
  private static final long serialVersionUID = 1L;

  SwtpmException(String message) {
    super(message);
  }

  SwtpmException(String message, Throwable cause) {
    super(message, cause);
  }
}
