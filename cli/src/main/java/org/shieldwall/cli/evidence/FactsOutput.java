package org.shieldwall.cli.evidence;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.MeasuredDigest;
import org.shieldwall.evidence.eventlog.MeasuredText;
import org.shieldwall.evidence.eventlog.MeasuredVariable;
import org.shieldwall.evidence.eventlog.SignatureEntry;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The facts of a boot, for machines and for people. */
final class FactsOutput {
  private FactsOutput() {}

  static ObjectNode toJson(BootFacts facts) {
    ObjectNode node = Output.object();
    node.put("bank", facts.bank().label());
    node.put("secureBoot", facts.secureBoot().name().toLowerCase(Locale.ROOT));
    node.put("shimValidationDisabled", facts.shimValidationDisabled());
    variables(node.putArray("variables"), facts.secureBootVariables());
    variables(node.putArray("authorities"), facts.authorities());
    texts(node.putArray("securityActions"), facts.securityActions());
    digests(node.putArray("bootApplications"), facts.bootApplications());
    texts(node.putArray("kernelCommandLine"), facts.kernelCommandLine());
    digests(node.putArray("initrds"), facts.initrds());
    digests(node.putArray("loadedFiles"), facts.loadedFiles());
    digests(node.putArray("ukiSections"), facts.sections());
    if (facts.firmwareVersion().isPresent()) {
      node.put("firmwareVersion", facts.firmwareVersion().get().text());
    } else {
      node.putNull("firmwareVersion");
    }
    digests(node.putArray("firmware"), facts.firmware());
    digests(node.putArray("drivers"), facts.drivers());
    node.put("exitBootServices", facts.exitBootServices());
    node.put("enclavePcrUsed", facts.enclavePcrUsed());
    ArrayNode windows = node.putArray("windows");
    facts
        .windows()
        .forEach(each ->
            windows
                .addObject()
                .put("event", each.event())
                .put("name", each.name())
                .put("value", each.value()));
    return node;
  }

  private static void variables(ArrayNode into, List<MeasuredVariable> variables) {
    for (MeasuredVariable each : variables) {
      ObjectNode node =
          into.addObject()
              .put("event", each.event())
              .put("name", each.name())
              .put("vendor", each.variable().vendor())
              .put("sha256", each.sha256().hex());
      ArrayNode entries = node.putArray("entries");
      for (SignatureEntry entry : each.entries()) {
        entries
            .addObject()
            .put("type", entry.kind())
            .put("sha256", entry.sha256().hex())
            .put("subject", entry.subject());
      }
    }
  }

  private static void texts(ArrayNode into, List<MeasuredText> texts) {
    texts.forEach(each -> into.addObject().put("event", each.event()).put("text", each.text()));
  }

  private static void digests(ArrayNode into, List<MeasuredDigest> digests) {
    digests.forEach(each ->
        into.addObject()
            .put("event", each.event())
            .put("digest", each.digest().hex())
            .put("claimedName", each.claimedName()));
  }

  static void toText(BootFacts facts, PrintWriter out) {
    out.printf("Proven by digests of bank %s, once a quote shows them:%n", facts.bank().label());
    out.printf("  Secure Boot         %s%n", facts.secureBoot().name().toLowerCase(Locale.ROOT));
    if (facts.shimValidationDisabled()) {
      out.println("  shim                does not check signatures");
    }
    facts.firmwareVersion().ifPresent(v -> out.printf("  firmware version    %s%n", v.text()));
    for (MeasuredVariable each : facts.secureBootVariables()) {
      out.printf(
          "  variable            %s, %d entries, sha256 %s%n",
          each.name(), each.entries().size(), each.sha256().hex());
    }
    for (MeasuredVariable each : facts.authorities()) {
      out.printf(
          "  authority           %s %s%n",
          each.name(),
          each.entries().isEmpty()
              ? "sha256 " + each.sha256().hex()
              : each.entries().getFirst().subject());
    }
    facts.securityActions().forEach(each -> out.printf("  firmware says       %s%n", each.text()));
    digests(out, "boot application", facts.bootApplications());
    facts
        .kernelCommandLine()
        .forEach(each -> out.printf("  command line        %s%n", each.text()));
    digests(out, "initrd", facts.initrds());
    digests(out, "UKI section", facts.sections());
    facts
        .windows()
        .forEach(each -> out.printf("  Windows             %s = %d%n", each.name(), each.value()));
    out.printf("  handed over to OS   %s%n", facts.exitBootServices() ? "yes" : "not in this log");
  }

  private static void digests(PrintWriter out, String what, List<MeasuredDigest> digests) {
    for (MeasuredDigest each : digests) {
      out.printf(
          "  %-18s  %s%s%n",
          what,
          each.digest().hex(),
          each.claimedName().isEmpty() ? "" : "  (named " + each.claimedName() + ")");
    }
  }
}
