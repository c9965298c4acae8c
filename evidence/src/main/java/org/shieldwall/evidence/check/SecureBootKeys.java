package org.shieldwall.evidence.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;

/** {@link Check#SECURE_BOOT_SETTINGS}: the facts of PCR 7 in any one baseline that names them. */
final class SecureBootKeys implements HostCheck {
  private static final Set<FactName> NEEDED =
      Set.of(
          FactName.PLATFORM_KEY,
          FactName.KEY_EXCHANGE_KEYS,
          FactName.SIGNATURE_DATABASE,
          FactName.AUTHORITIES);

  private static final Set<FactName> COMPARED =
      Set.of(
          FactName.PLATFORM_KEY,
          FactName.KEY_EXCHANGE_KEYS,
          FactName.SIGNATURE_DATABASE,
          FactName.FORBIDDEN_SIGNATURES,
          FactName.AUTHORITIES,
          FactName.SECURITY_ACTIONS);

  @Override
  public CheckResult judge(HostEvidence host) {
    List<BootBaseline> baselines = keys(host);
    String expected = "PK, KEK, db, dbx and authorities of a baseline";
    if (baselines.isEmpty()) {
      return CheckResult.fail(
          Check.SECURE_BOOT_SETTINGS,
          List.of(
              new Finding(
                  FindingCode.SECURE_BOOT_SETTINGS_MISSING,
                  "no baseline names Secure Boot's keys",
                  expected,
                  "none to compare with")));
    }
    if (host.facts().isEmpty()) {
      return CheckResult.notChecked(Check.SECURE_BOOT_SETTINGS, expected, "no event log");
    }
    BaselineMatch match = BaselineMatch.of(host.facts().get(), baselines, Optional.empty());
    if (!match.matched().isEmpty()) {
      return CheckResult.pass(
          Check.SECURE_BOOT_SETTINGS, expected, "those of " + String.join(", ", match.matched()));
    }
    return CheckResult.fail(
        Check.SECURE_BOOT_SETTINGS,
        match.nearest().stream()
            .map(each ->
                new Finding(
                    FindingCode.SECURE_BOOT_SETTINGS_MISMATCH,
                    each.detail(),
                    each.expected(),
                    each.found()))
            .toList());
  }

  private static List<BootBaseline> keys(HostEvidence host) {
    List<BootBaseline> from =
        host.settings().secureBootKeys().isEmpty()
            ? host.settings().baselines()
            : host.settings().secureBootKeys();
    List<BootBaseline> keys = new ArrayList<>();
    for (BootBaseline each : from) {
      if (each.facts().keySet().containsAll(NEEDED)) {
        var facts = new TreeMap<>(each.facts());
        facts.keySet().retainAll(COMPARED);
        keys.add(new BootBaseline(each.name(), each.bank(), facts));
      }
    }
    return keys;
  }
}
