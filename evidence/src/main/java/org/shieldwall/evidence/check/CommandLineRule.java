package org.shieldwall.evidence.check;

import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;

/** What one check looks for on the kernel's command line. */
interface CommandLineRule {
  /** What a line comes to. */
  sealed interface Answer {
    /** It shows what the check asks for. */
    record Shown(String by) implements Answer {}

    /** It shows the contrary, or both: no guarantee of anybody's mends that. */
    record Contradicted(String by) implements Answer {}

    /** It says nothing of it. */
    record Silent(String instead) implements Answer {}
  }

  /** {@return the check} */
  Check check();

  /** {@return the finding where it does not hold} */
  FindingCode code();

  /** {@return what is asked for, in words} */
  String expected(HostEvidence host);

  /** {@return what a line comes to} */
  Answer answer(KernelArguments line, HostEvidence host);

  /** {@return what elsewhere in the evidence shows the contrary} */
  default Optional<String> contradiction(HostEvidence host) {
    return Optional.empty();
  }
}
