package org.shieldwall.evidence.eventlog;

import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.TpmHash;

/**
 * What a log proves of a boot, once a quote shows that it replays: drawn only from data that hashes
 * to its digest, and from digests themselves. Each list is in the order of measurement.
 *
 * @param bank whose digests the data was held against
 * @param secureBoot Secure Boot's state (PCR 7)
 * @param secureBootVariables PK, KEK, db, dbx and what else was measured before the separator of
 *     PCR 7
 * @param authorities what let each image run: keys, and shim's own variables (PCR 7)
 * @param securityActions texts in PCR 7, e.g. that DMA protection is off
 * @param shimValidationDisabled whether shim was told not to check signatures
 * @param bootApplications everything measured into PCR 4 but separators and the usual texts:
 *     whatever the log calls it, that is what ran
 * @param kernelCommandLine what the kernel was told (PCR 8 by GRUB, PCR 12 by systemd's stub)
 * @param loadedFiles everything measured into PCR 9: files read by GRUB, initial RAM disks
 * @param grubFiles whether any of them is not one that the kernel's own EFI stub measures
 * @param initrds the part of it that claims to be initial RAM disks loaded by the kernel
 * @param sections sections of a unified kernel image (PCR 11), named by proven names
 * @param firmwareVersion version of the root of trust for measurement (PCR 0)
 * @param firmware everything measured into PCR 0 but separators
 * @param drivers everything measured into PCR 2 but separators
 * @param windows what Windows' boot manager says of itself, where there is anything
 * @param exitBootServices whether firmware says that it handed over to an operating system (PCR 5)
 * @param enclavePcrUsed whether anything was logged for PCR 15, which the enclave needs untouched
 * @param problems what kept facts from being drawn
 */
public record BootFacts(
    TpmHash bank,
    SecureBootState secureBoot,
    List<MeasuredVariable> secureBootVariables,
    List<MeasuredVariable> authorities,
    List<MeasuredText> securityActions,
    boolean shimValidationDisabled,
    List<MeasuredDigest> bootApplications,
    List<MeasuredText> kernelCommandLine,
    List<MeasuredDigest> loadedFiles,
    boolean grubFiles,
    List<MeasuredDigest> initrds,
    List<MeasuredDigest> sections,
    Optional<MeasuredText> firmwareVersion,
    List<MeasuredDigest> firmware,
    List<MeasuredDigest> drivers,
    List<WindowsFact> windows,
    boolean exitBootServices,
    boolean enclavePcrUsed,
    List<LogProblem> problems) {

  /** Keeps its own copies of the lists. */
  public BootFacts {
    secureBootVariables = List.copyOf(secureBootVariables);
    authorities = List.copyOf(authorities);
    securityActions = List.copyOf(securityActions);
    bootApplications = List.copyOf(bootApplications);
    kernelCommandLine = List.copyOf(kernelCommandLine);
    loadedFiles = List.copyOf(loadedFiles);
    initrds = List.copyOf(initrds);
    sections = List.copyOf(sections);
    firmware = List.copyOf(firmware);
    drivers = List.copyOf(drivers);
    windows = List.copyOf(windows);
    problems = List.copyOf(problems);
  }

  /**
   * Draws the facts of one bank.
   *
   * @throws IllegalArgumentException if the log cannot be replayed in that bank
   */
  public static BootFacts draw(UntrustedEventLog log, TpmHash bank) {
    if (!log.banks().contains(bank)) {
      throw new IllegalArgumentException("no facts of bank " + bank.label());
    }
    return new FactCollector(log, bank).collect();
  }

  /** {@return the variables of this name measured before the separator of PCR 7} */
  public List<MeasuredVariable> variables(String name) {
    return secureBootVariables.stream().filter(each -> each.name().equals(name)).toList();
  }
}
