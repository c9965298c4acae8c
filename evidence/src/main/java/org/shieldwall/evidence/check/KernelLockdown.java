package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.evidence.LockdownMode;

/** {@link Check#KERNEL_LOCKDOWN}: {@code lockdown=}. The kernel raises it and never lowers it. */
final class KernelLockdown implements CommandLineRule {
  private static final String PARAMETER = "lockdown";

  @Override
  public Check check() {
    return Check.KERNEL_LOCKDOWN;
  }

  @Override
  public FindingCode code() {
    return FindingCode.KERNEL_NOT_LOCKED_DOWN;
  }

  @Override
  public String expected(HostEvidence host) {
    return "lockdown=" + host.settings().lockdown().label();
  }

  @Override
  public Answer answer(KernelArguments line, HostEvidence host) {
    return answer(line, host.settings().lockdown());
  }

  private static Answer answer(KernelArguments line, LockdownMode least) {
    Optional<String> left = leftOut(line, PARAMETER);
    if (left.isPresent()) {
      return new Answer.Contradicted(left.get());
    }
    List<KernelArguments.Word> words = line.all(PARAMETER);
    for (KernelArguments.Word each : words) {
      if (LockdownMode.ofLabel(each.value()).filter(mode -> mode.compareTo(least) >= 0).isEmpty()) {
        return new Answer.Contradicted(each.toString());
      }
    }
    return line.has(PARAMETER)
        ? new Answer.Shown(words.getFirst().toString())
        : new Answer.Silent("no lockdown=");
  }

  /** {@return whether a line locks the kernel down at all, and says nothing else} */
  static boolean isShown(KernelArguments line) {
    return answer(line, LockdownMode.INTEGRITY) instanceof Answer.Shown;
  }

  /** A list of security modules starts those in it only. */
  static Optional<String> leftOut(KernelArguments line, String module) {
    return line.all("lsm").stream()
        .filter(each -> !List.of(each.value().split(",", -1)).contains(module))
        .findFirst()
        .map(KernelArguments.Word::toString);
  }
}
