package org.shieldwall.evidence.check;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Outcome;

/** Every check, and what each rests on. */
public final class HostChecks {
  /** These rest on the quote alone; all others that can be switched, on the event log too. */
  private static final Set<Check> WITHOUT_LOG = Set.of(Check.ENCLAVE_MEASURED, Check.FULL_BOOT);

  private static final Map<Check, HostCheck> CHECKS = new EnumMap<>(Check.class);

  static {
    CHECKS.put(Check.EK_REGISTERED, new RegisteredTpm());
    CHECKS.put(Check.AK_ACCEPTABLE, new AcceptableKey());
    CHECKS.put(Check.QUOTE, new GoodQuote());
    CHECKS.put(Check.EVENT_LOG, new ReplayedLog());
    CHECKS.put(Check.ENCLAVE_MEASURED, new EnclaveMeasured());
    CHECKS.put(Check.SECURE_BOOT, new SecureBootOn());
    CHECKS.put(Check.BOOT_BASELINE, new AcceptedBoot());
    CHECKS.put(Check.SECURE_BOOT_SETTINGS, new SecureBootKeys());
    CHECKS.put(Check.NO_UEFI_DEBUG, new NoUefiDebug());
    CHECKS.put(Check.FULL_BOOT, new FullBoot());
    CHECKS.put(Check.CODE_INTEGRITY, new CodeIntegrity());
    CHECKS.put(Check.NO_DUMPS_OR_ENCRYPTED, new NoDumpsOrEncrypted());
    CHECKS.put(Check.DBX_AT_LEAST, new DbxAtLeast());
    CHECKS.put(Check.IMAGE_MANIFEST, new BootedManifest());
    for (CommandLineRule rule :
        List.of(
            new KernelLockdown(),
            new NoKernelDebug(),
            new ModuleSignatures(),
            new CodeIntegrityEnforced(),
            new IommuOn(),
            new NoHibernation(),
            new NoSwapOrEncrypted(),
            new PtraceRestricted())) {
      CHECKS.put(rule.check(), new CommandLineCheck(rule));
    }
  }

  private HostChecks() {}

  /** {@return what comes of every check, in the order of {@link Check}} */
  public static List<CheckResult> judge(HostEvidence host) {
    List<CheckResult> results = new ArrayList<>();
    Set<Check> failed = EnumSet.noneOf(Check.class);
    for (Check check : Check.values()) {
      CheckResult result = judge(check, host, failed);
      if (result.outcome() != Outcome.PASS) {
        failed.add(check);
      }
      results.add(result);
    }
    return results;
  }

  private static CheckResult judge(Check check, HostEvidence host, Set<Check> failed) {
    if (!host.policy().isOn(check)) {
      return CheckResult.off(check);
    }
    CheckResult result = Objects.requireNonNull(CHECKS.get(check)).judge(host);
    return result.outcome() == Outcome.PASS ? unlessUnproven(result, failed) : result;
  }

  /** Nothing passes on the word of a quote or log that did not. */
  private static CheckResult unlessUnproven(CheckResult result, Set<Check> failed) {
    for (Check each : foundation(result.check())) {
      if (failed.contains(each)) {
        return CheckResult.notChecked(
            result.check(),
            result.expected(),
            result.found() + ", but " + each.label() + " failed, which this rests on");
      }
    }
    return result;
  }

  private static Set<Check> foundation(Check check) {
    return switch (check) {
      case EK_REGISTERED, AK_ACCEPTABLE -> Set.of();
      case QUOTE -> EnumSet.of(Check.AK_ACCEPTABLE);
      case EVENT_LOG -> EnumSet.of(Check.QUOTE);
      default ->
          WITHOUT_LOG.contains(check)
              ? EnumSet.of(Check.QUOTE)
              : EnumSet.of(Check.QUOTE, Check.EVENT_LOG);
    };
  }
}
