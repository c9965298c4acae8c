package org.shieldwall.evidence.check;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.tpm.Bytes;

/**
 * {@link Check#CODE_INTEGRITY_ENFORCED}: IMA appraisal, or a root file system under dm-verity.
 *
 * <p>IMA's built-in {@code appraise_tcb} alone is not enough: root may load another policy in its
 * place, once. With {@code secure_boot} that policy must be signed ({@code
 * security/integrity/ima/ima_policy.c}). A verified {@code /usr} alone is not enough either: what
 * is beside it runs unchecked. {@code initcall_blacklist=} has the kernel leave out a part of its
 * own start, and IMA's is one ({@code init_ima}); {@code evm=fix} has it sign what it finds.
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
    if (line.mentions("initcall_blacklist")) {
      return new Answer.Contradicted(line.all("initcall_blacklist").getFirst().toString());
    }
    if (line.mentions("ima_appraise")) {
      return appraisal(line);
    }
    Optional<KernelArguments.Word> around = VerityRoots.around(line);
    if (around.isEmpty() && line.has(VerityRoots.ROOT)) {
      List<Bytes> roots = VerityRoots.of(line, VerityRoots.ROOT);
      return roots.size() == 1 && !roots.getFirst().isEmpty()
          ? new Answer.Shown(line.all(VerityRoots.ROOT).getFirst().toString())
          : new Answer.Contradicted(line.all(VerityRoots.ROOT).toString());
    }
    return around
        .<Answer>map(each -> new Answer.Contradicted(each.toString()))
        .orElseGet(() -> new Answer.Silent("neither"));
  }

  private static Answer appraisal(KernelArguments line) {
    if (!line.says("ima_appraise", Set.of("enforce"))) {
      return new Answer.Contradicted(line.all("ima_appraise").toString());
    }
    if (line.all("evm").stream().anyMatch(each -> each.value().equals("fix"))) {
      return new Answer.Contradicted("evm=fix");
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
