package org.shieldwall.cli.hgs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.x509.TpmIdentity;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.hgs.endorsement.Endorsement;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is known of a host's TPM, for machines and for people. */
final class EndorsementOutput {
  private EndorsementOutput() {}

  static void put(ObjectNode node, Endorsement endorsement, boolean keyAlone) {
    ObjectNode tpm = node.putObject("tpm");
    tpm.put("manufacturer", endorsement.manufacturer());
    tpm.put("model", endorsement.tpm().map(TpmIdentity::model).orElse(""));
    tpm.put("version", endorsement.tpm().map(TpmIdentity::version).orElse(""));
    tpm.put("certificate", certificate(endorsement));
    tpm.put("maker", endorsement.maker().orElse(""));
    tpm.put("notAfter", endorsement.certificate().map(each -> "" + each.notAfter()).orElse(""));
    tpm.put("keyAlone", keyAlone);
    ArrayNode findings = tpm.putArray("findings");
    for (Finding finding : endorsement.findings()) {
      findings
          .addObject()
          .put("code", finding.code().code())
          .put("detail", finding.detail())
          .put("expected", finding.expected())
          .put("remedy", finding.code().remedy());
    }
    ArrayNode outOfTime = tpm.putArray("outOfTime");
    endorsement.appraisal().outOfTime().forEach(outOfTime::add);
  }

  /** {@code trusted}, {@code untrusted} or {@code none}. */
  private static String certificate(Endorsement endorsement) {
    return endorsement.certificate().isEmpty()
        ? "none"
        : endorsement.isTrusted() ? "trusted" : "untrusted";
  }

  /** {@return lines of two columns, for a person} */
  static List<String> lines(Endorsement endorsement, boolean keyAlone) {
    List<String> lines = new ArrayList<>();
    Optional<UntrustedCertificate> certificate = endorsement.certificate();
    if (endorsement.tpm().isPresent()) {
      TpmIdentity tpm = endorsement.tpm().get();
      lines.add("  TPM              manufacturer " + tpm.manufacturer());
      lines.add("                   model " + tpm.model() + ", version " + tpm.version());
    } else {
      lines.add(
          "  TPM              manufacturer "
              + (endorsement.manufacturer().isEmpty() ? "not known" : endorsement.manufacturer())
              + (certificate.isPresent() ? "" : ", by the host's own word"));
    }
    if (certificate.isEmpty()) {
      lines.add("  certificate      none: its key counts because you registered it");
    } else {
      lines.add("  certificate      " + certificate(endorsement));
      lines.add("                   issued by " + certificate.get().issuer());
      lines.add(
          "                   valid "
              + certificate.get().notBefore()
              + " to "
              + certificate.get().notAfter());
      endorsement.maker().ifPresent(maker -> lines.add("                   leads to " + maker));
      endorsement
          .appraisal()
          .outOfTime()
          .forEach(each -> lines.add("                   out of time: " + each));
      for (Finding finding : endorsement.findings()) {
        lines.add("                   " + finding.detail());
        lines.add("                   mend: " + finding.code().remedy());
      }
    }
    if (keyAlone) {
      lines.add("  registered       by its key alone, on purpose");
    }
    return lines;
  }
}
