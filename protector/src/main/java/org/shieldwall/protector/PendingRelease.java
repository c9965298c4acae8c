package org.shieldwall.protector;

import java.util.concurrent.atomic.AtomicBoolean;
import org.shieldwall.protector.ProtectorException.Code;

/**
 * A request that the enclave has made and not yet had answered. It takes one answer, right or
 * wrong.
 */
public final class PendingRelease {
  private final ReleaseRequest request;
  private final KeyProtector protector;
  private final AtomicBoolean answered = new AtomicBoolean();

  PendingRelease(ReleaseRequest request, KeyProtector protector) {
    this.request = request;
    this.protector = protector;
  }

  /** {@return what to send} */
  public ReleaseRequest request() {
    return request;
  }

  /** {@return the protector that the request is about} */
  public KeyProtector protector() {
    return protector;
  }

  void takeAnswer() throws ProtectorException {
    if (answered.getAndSet(true)) {
      throw new ProtectorException(Code.NOT_REQUESTED, "the request has been answered before");
    }
  }
}
