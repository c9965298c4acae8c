package org.shieldwall.evidence.check;

import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;

/**
 * {@link Check#PTRACE_RESTRICTED}: {@code sysctl.kernel.yama.ptrace_scope=}, which the kernel sets
 * just before it starts init. Scope 3 stays until the next boot ({@code
 * Documentation/admin-guide/LSM/Yama.rst}); root may lower 1 and 2 again.
 */
final class PtraceRestricted implements CommandLineRule {
  private static final String PARAMETER = "sysctl.kernel.yama.ptrace_scope";

  @Override
  public Check check() {
    return Check.PTRACE_RESTRICTED;
  }

  @Override
  public FindingCode code() {
    return FindingCode.PTRACE_NOT_RESTRICTED;
  }

  @Override
  public String expected(HostEvidence host) {
    return PARAMETER + "=" + host.settings().ptraceScope() + " or more";
  }

  @Override
  public Answer answer(KernelArguments line, HostEvidence host) {
    Optional<String> left = KernelLockdown.leftOut(line, "yama");
    if (left.isPresent()) {
      return new Answer.Contradicted(left.get());
    }
    for (KernelArguments.Word each : line.all(PARAMETER)) {
      boolean enough =
          each.value().matches("[0-3]")
              && Integer.parseInt(each.value()) >= host.settings().ptraceScope();
      if (!enough) {
        return new Answer.Contradicted(each.toString());
      }
    }
    return line.has(PARAMETER)
        ? new Answer.Shown(line.all(PARAMETER).getFirst().toString())
        : new Answer.Silent("the kernel's default");
  }
}
