package org.shieldwall.enclave.worker;

import java.io.IOException;

/** A worker that did not start, or stopped answering; the message ends with what it said last. */
public final class WorkerException extends IOException {
  WorkerException(String message) {
    super(message);
  }
}
