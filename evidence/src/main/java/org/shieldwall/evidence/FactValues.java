package org.shieldwall.evidence;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.MeasuredDigest;
import org.shieldwall.evidence.eventlog.MeasuredText;
import org.shieldwall.evidence.eventlog.MeasuredVariable;
import org.shieldwall.evidence.eventlog.SignatureEntry;
import org.shieldwall.tpm.TpmHash;

/** The values of each fact in a log. */
final class FactValues {
  /** Revocation levels that shim records; they rise with updates and let nothing run. */
  private static final String REVOCATIONS = "SbatLevel";

  private FactValues() {}

  static List<FoundValue> of(FactName fact, BootFacts facts) {
    return switch (fact) {
      case SECURE_BOOT ->
          List.of(FoundValue.of(-1, facts.secureBoot().name().toLowerCase(Locale.ROOT), ""));
      case PLATFORM_KEY -> variables(facts, "PK");
      case KEY_EXCHANGE_KEYS -> variables(facts, "KEK");
      case SIGNATURE_DATABASE -> variables(facts, "db");
      case FORBIDDEN_SIGNATURES -> variables(facts, "dbx");
      case AUTHORITIES ->
          facts.authorities().stream()
              .filter(each -> !each.name().equals(REVOCATIONS))
              .map(FactValues::authority)
              .toList();
      case SECURITY_ACTIONS -> texts(facts.securityActions());
      case BOOT_APPLICATIONS -> digests(facts.bootApplications(), facts.bank());
      case KERNEL_COMMAND_LINE -> texts(facts.kernelCommandLine());
      case LOADED_FILES -> digests(facts.loadedFiles(), facts.bank());
      case FIRMWARE_VERSION -> texts(facts.firmwareVersion().stream().toList());
      case FIRMWARE -> digests(facts.firmware(), facts.bank());
      case DRIVERS -> digests(facts.drivers(), facts.bank());
    };
  }

  private static List<FoundValue> variables(BootFacts facts, String name) {
    return facts.variables(name).stream()
        .map(each ->
            FoundValue.of(each.event(), "sha256:" + each.sha256().hex(), subjects(each.entries())))
        .toList();
  }

  private static FoundValue authority(MeasuredVariable authority) {
    return FoundValue.of(
        authority.event(),
        authority.name() + " sha256:" + authority.sha256().hex(),
        subjects(authority.entries()));
  }

  private static String subjects(List<SignatureEntry> entries) {
    return entries.stream()
        .map(SignatureEntry::subject)
        .filter(each -> !each.isEmpty())
        .distinct()
        .limit(4)
        .collect(Collectors.joining("; "));
  }

  private static List<FoundValue> texts(List<MeasuredText> texts) {
    return texts.stream().map(each -> FoundValue.of(each.event(), each.text(), "")).toList();
  }

  private static List<FoundValue> digests(List<MeasuredDigest> digests, TpmHash bank) {
    return digests.stream()
        .map(each ->
            FoundValue.of(
                each.event(), bank.label() + ":" + each.digest().hex(), each.claimedName()))
        .toList();
  }
}
