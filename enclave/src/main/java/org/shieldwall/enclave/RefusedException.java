package org.shieldwall.enclave;

import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Refusal;

/** A request that is answered with a refusal. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Answer.Refused answer;

  RefusedException(Refusal refusal, String detail) {
    this(refusal.because(detail));
  }

  RefusedException(Answer.Refused answer) {
    super(answer.code() + ": " + answer.detail());
    this.answer = answer;
  }

  Answer.Refused answer() {
    return answer;
  }
}
