package org.shieldwall.enclave;

import java.io.IOException;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.enclave.state.AlteredException;
import org.shieldwall.enclave.worker.WorkerException;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.swtpm.SwtpmException;

/** What goes wrong, in the words of the door. None of these exceptions holds a secret. */
final class Refusals {
  private Refusals() {}

  /** {@return the answer to a request that ended with {@code problem}} */
  static Answer.Refused of(Exception problem) {
    String text = VirtualMachine.printable(String.valueOf(problem.getMessage()));
    return switch (problem) {
      case ProtectorException e ->
          new Answer.Refused(
              e.code().id(),
              VirtualMachine.printable(e.detail()),
              "docs/formats.md says what it must be");
      case DiskRefusedException e ->
          new Answer.Refused(
              e.problem().code(),
              VirtualMachine.printable(e.problem().title() + ": " + e.detail()),
              e.problem().remedy());
      case MalformedException e -> Refusal.TEMPLATE_UNUSABLE.because(text);
      case AlteredException e -> Refusal.STATE_ALTERED.because(text);
      case TpmException e -> Refusal.VTPM_FAILED.because(text);
      case IOException e when text.contains("No space left") || text.contains("ENOSPC") ->
          Refusal.NO_SPACE.because(text);
      case WorkerException e -> Refusal.WORKER_FAILED.because(text);
      case SwtpmException e -> Refusal.VTPM_FAILED.because(text);
      case IOException e -> Refusal.NOT_USABLE.because(e.getClass().getSimpleName() + ": " + text);
      default -> Refusal.INTERNAL.because(problem.getClass().getSimpleName());
    };
  }
}
