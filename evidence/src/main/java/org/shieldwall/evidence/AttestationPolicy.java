package org.shieldwall.evidence;

import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;

/**
 * What a host has to prove. Every part that can be left out says so in a field of its own: what is
 * absent is never taken for passed.
 *
 * @param name its name
 * @param version its version, counted up with each change
 * @param bank the one PCR bank that counts; others may hold anything, or nothing
 * @param requireSecureBoot whether Secure Boot must have been on
 * @param requireBaseline whether the boot must be one of {@code baselines}
 * @param baselines boots that are accepted; matching any one will do
 * @param ima allow-list for what ran since, if there is one
 * @param acceptSha1Signatures whether a quote signed over SHA-1 will do
 */
public record AttestationPolicy(
    String name,
    int version,
    TpmHash bank,
    boolean requireSecureBoot,
    boolean requireBaseline,
    List<BootBaseline> baselines,
    Optional<ImaPolicy> ima,
    boolean acceptSha1Signatures) {
  /** The PCR that holds the enclave's key. */
  public static final int ENCLAVE_PCR = 15;

  private static final int IMA_PCR = 10;
  private static final int SECURE_BOOT_PCR = 7;

  /** Keeps its own copy of the list, and refuses a baseline of another bank. */
  public AttestationPolicy {
    baselines = List.copyOf(baselines);
    for (BootBaseline each : baselines) {
      if (each.bank() != bank) {
        throw new IllegalArgumentException(
            "baseline " + each.name() + " is of bank " + each.bank().label());
      }
    }
  }

  /** {@return the usual policy: SHA-256, Secure Boot on, one of these baselines} */
  public static AttestationPolicy standard(String name, int version, List<BootBaseline> baselines) {
    return new AttestationPolicy(
        name, version, TpmHash.SHA256, true, true, baselines, Optional.empty(), false);
  }

  /** {@return PCRs whose every event has to be accounted for} */
  NavigableSet<Integer> reasonedPcrs() {
    NavigableSet<Integer> pcrs = new TreeSet<>();
    if (requireSecureBoot) {
      pcrs.add(SECURE_BOOT_PCR);
    }
    baselines.forEach(each -> pcrs.addAll(each.pcrs()));
    return pcrs;
  }

  /** {@return the PCRs of {@link #bank} that a quote has to cover} */
  public NavigableSet<Integer> pcrs() {
    NavigableSet<Integer> pcrs = reasonedPcrs();
    pcrs.add(ENCLAVE_PCR);
    ima.ifPresent(policy -> {
      pcrs.add(IMA_PCR);
      if (policy.requireBootAggregate()) {
        IntStream.rangeClosed(0, 9).forEach(pcrs::add);
      }
    });
    return Collections.unmodifiableNavigableSet(pcrs);
  }

  /** {@return the same, as a TPM takes it} */
  public PcrSelection selection() {
    return PcrSelection.of(bank, pcrs().stream().mapToInt(Integer::intValue).toArray());
  }
}
