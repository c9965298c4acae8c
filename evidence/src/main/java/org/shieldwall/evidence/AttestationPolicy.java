package org.shieldwall.evidence;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;

/**
 * What a host has to prove. A check that is not on is not made, and nothing is ever taken for
 * passed that was not made.
 *
 * @param name its name
 * @param version its version, counted up with each change
 * @param bank the one PCR bank that counts; others may hold anything, or nothing
 * @param acceptSha1Signatures whether a quote signed over SHA-1 will do
 * @param on the checks that are made; those that no policy has a say in are always among them
 * @param settings what they compare with
 */
public record AttestationPolicy(
    String name,
    int version,
    TpmHash bank,
    boolean acceptSha1Signatures,
    Set<Check> on,
    CheckSettings settings) {
  /** The PCR that holds the enclave's key. */
  public static final int ENCLAVE_PCR = 15;

  /** The PCR that systemd's stub measures system extensions into. */
  public static final int EXTENSIONS_PCR = 13;

  /** Adds the checks that are always made, and refuses a baseline of another bank. */
  public AttestationPolicy {
    EnumSet<Check> all = EnumSet.noneOf(Check.class);
    all.addAll(on);
    for (Check each : Check.values()) {
      if (!each.canBeSwitched()) {
        all.add(each);
      }
    }
    on = Collections.unmodifiableSet(all);
    requireBank(settings.baselines(), bank);
    requireBank(settings.secureBootKeys(), bank);
  }

  private static void requireBank(List<BootBaseline> baselines, TpmHash bank) {
    for (BootBaseline each : baselines) {
      if (each.bank() != bank) {
        throw new IllegalArgumentException(
            "baseline " + each.name() + " is of bank " + each.bank().label());
      }
    }
  }

  /** {@return the usual policy: SHA-256, every check at its default, one of these baselines} */
  public static AttestationPolicy standard(String name, int version, List<BootBaseline> baselines) {
    return new AttestationPolicy(
        name,
        version,
        TpmHash.SHA256,
        false,
        Check.defaults(),
        CheckSettings.NONE.withBaselines(baselines));
  }

  /** {@return the same with these checks on} */
  public AttestationPolicy with(Set<Check> checks) {
    EnumSet<Check> more = EnumSet.copyOf(on);
    more.addAll(checks);
    return new AttestationPolicy(name, version, bank, acceptSha1Signatures, more, settings);
  }

  /**
   * {@return the same with these checks off}
   *
   * @throws IllegalArgumentException if one of them is always made
   */
  public AttestationPolicy without(Set<Check> checks) {
    for (Check each : checks) {
      if (!each.canBeSwitched()) {
        throw new IllegalArgumentException(each.label() + " is always checked");
      }
    }
    EnumSet<Check> fewer = EnumSet.copyOf(on);
    fewer.removeAll(checks);
    return new AttestationPolicy(name, version, bank, acceptSha1Signatures, fewer, settings);
  }

  /** {@return the same with other things to compare with} */
  public AttestationPolicy with(CheckSettings others) {
    return new AttestationPolicy(name, version, bank, acceptSha1Signatures, on, others);
  }

  /** {@return whether a check is made} */
  public boolean isOn(Check check) {
    return on.contains(check);
  }

  /** {@return whether hosts have to send their IMA list} */
  public boolean needsImaList() {
    return isOn(Check.CODE_INTEGRITY) && settings.codeIntegrity().ima().isPresent();
  }

  /** {@return PCRs whose every event has to be accounted for} */
  public NavigableSet<Integer> reasonedPcrs() {
    NavigableSet<Integer> pcrs = new TreeSet<>();
    on.forEach(each -> pcrs.addAll(NeededPcrs.reasoned(each, settings)));
    return pcrs;
  }

  /** {@return the PCRs of {@link #bank} that a quote has to cover} */
  public NavigableSet<Integer> pcrs() {
    NavigableSet<Integer> pcrs = reasonedPcrs();
    on.forEach(each -> pcrs.addAll(NeededPcrs.quoted(each, settings)));
    return Collections.unmodifiableNavigableSet(pcrs);
  }

  /** {@return the same, as a TPM takes it} */
  public PcrSelection selection() {
    return PcrSelection.of(bank, pcrs().stream().mapToInt(Integer::intValue).toArray());
  }
}
