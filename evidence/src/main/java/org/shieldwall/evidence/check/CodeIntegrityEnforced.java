package org.shieldwall.evidence.check;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;

/**
 * {@link Check#CODE_INTEGRITY_ENFORCED}: IMA appraisal, or a root file system under dm-verity.
 *
 * <p>IMA's built-in {@code appraise_tcb} alone is not enough: root may load another policy in its
 * place, once. With {@code secure_boot} that policy must be signed ({@code
 * security/integrity/ima/ima_policy.c}). A verified {@code /usr} alone is not enough either: what
 * is beside it runs unchecked.
 */
final class CodeIntegrityEnforced implements CommandLineRule {
  @Override
  public Check check() {
    return Check.CODE_INTEGRITY_ENFORCED;
  }

  @Override
  public FindingCode code() {
    return FindingCode.CODE_INTEGRITY_NOT_ENFORCED;
  }

  @Override
  public String expected(HostEvidence host) {
    return "ima_appraise=enforce with ima_policy=appraise_tcb|secure_boot, or roothash=";
  }

  @Override
  public Answer answer(KernelArguments line, HostEvidence host) {
    if (line.mentions("ima_appraise")) {
      return appraisal(line);
    }
    if (!VerityRoots.isSwitchedOff(line) && line.has(VerityRoots.ROOT)) {
      return VerityRoots.of(line, VerityRoots.ROOT).size() == 1
          ? new Answer.Shown(line.all(VerityRoots.ROOT).getFirst().toString())
          : new Answer.Contradicted(line.all(VerityRoots.ROOT).toString());
    }
    return VerityRoots.isSwitchedOff(line)
        ? new Answer.Contradicted("dm-verity is switched off")
        : new Answer.Silent("neither");
  }

  private static Answer appraisal(KernelArguments line) {
    if (!line.says("ima_appraise", Set.of("enforce"))) {
      return new Answer.Contradicted(line.all("ima_appraise").toString());
    }
    List<String> rules =
        line.all("ima_policy").stream()
            .flatMap(each -> Arrays.stream(each.value().split("[|]", -1)))
            .toList();
    return rules.contains("appraise_tcb") && rules.contains("secure_boot")
        ? new Answer.Shown("ima_appraise=enforce with " + rules)
        : new Answer.Silent("ima_appraise=enforce with " + rules);
  }
}
