package org.shieldwall.evidence.check;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.Revocations;
import org.shieldwall.evidence.eventlog.EfiVariable;
import org.shieldwall.evidence.eventlog.MeasuredVariable;

/** {@link Check#DBX_AT_LEAST}: dbx as firmware measured it into PCR 7 holds every entry named. */
final class DbxAtLeast implements HostCheck {
  @Override
  public CheckResult judge(HostEvidence host) {
    Set<String> required = host.settings().revocations().entries();
    if (required.isEmpty()) {
      return fail(
          FindingCode.DBX_REQUIREMENT_MISSING,
          "the policy asks for revocations and names none",
          "at least one",
          "none");
    }
    String expected = required.size() + " revocations in dbx";
    if (host.facts().isEmpty()) {
      return CheckResult.notChecked(Check.DBX_AT_LEAST, expected, "no event log");
    }
    Set<String> found = new HashSet<>();
    String where = "no dbx in PCR 7";
    for (MeasuredVariable each : host.facts().get().variables("dbx")) {
      if (each.variable().vendor().equals(EfiVariable.SECURITY_DATABASE)) {
        each.entries().forEach(entry -> found.add(Revocations.entry(entry)));
        where = each.entries().size() + " in dbx, event " + each.event() + ", PCR 7";
      }
    }
    Set<String> absent = new TreeSet<>(required);
    absent.removeAll(found);
    return absent.isEmpty()
        ? CheckResult.pass(Check.DBX_AT_LEAST, expected, where)
        : fail(
            FindingCode.DBX_OUTDATED,
            absent.size() + " revocations are not in dbx, the first " + absent.iterator().next(),
            expected,
            where);
  }

  private static CheckResult fail(FindingCode code, String detail, String expected, String found) {
    return CheckResult.fail(
        Check.DBX_AT_LEAST, List.of(new Finding(code, detail, expected, found)));
  }
}
