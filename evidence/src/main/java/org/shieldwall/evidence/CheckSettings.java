package org.shieldwall.evidence;

import java.util.List;
import java.util.Set;
import org.shieldwall.tpm.Bytes;

/**
 * What the checks compare with. A check that is on and has nothing to compare with fails.
 *
 * @param baselines {@link Check#BOOT_BASELINE}: boots that are accepted; any one will do
 * @param secureBootKeys {@link Check#SECURE_BOOT_SETTINGS}: baselines whose keys are accepted; any
 *     one will do; empty: those of {@code baselines}
 * @param lockdown {@link Check#KERNEL_LOCKDOWN}: the least that will do
 * @param codeIntegrity {@link Check#CODE_INTEGRITY}: what may run
 * @param dumpKeys {@link Check#NO_DUMPS_OR_ENCRYPTED}: digests of registered keys that dumps may be
 *     encrypted to
 * @param ptraceScope {@link Check#PTRACE_RESTRICTED}: the least {@code kernel.yama.ptrace_scope}
 * @param revocations {@link Check#DBX_AT_LEAST}: what dbx has to hold
 * @param manifests {@link Check#IMAGE_MANIFEST}: images whose maker's signature has been verified
 */
public record CheckSettings(
    List<BootBaseline> baselines,
    List<BootBaseline> secureBootKeys,
    LockdownMode lockdown,
    CodeIntegrityRules codeIntegrity,
    Set<Bytes> dumpKeys,
    int ptraceScope,
    Revocations revocations,
    List<ImageManifest> manifests) {
  /** Root can lower every other scope again ({@code Documentation/admin-guide/LSM/Yama.rst}). */
  public static final int STRICTEST_PTRACE_SCOPE = 3;

  /** Nothing to compare with; the strictest where there are degrees. */
  public static final CheckSettings NONE =
      new CheckSettings(
          List.of(),
          List.of(),
          LockdownMode.CONFIDENTIALITY,
          CodeIntegrityRules.NONE,
          Set.of(),
          STRICTEST_PTRACE_SCOPE,
          Revocations.NONE,
          List.of());

  /** Keeps its own copies. */
  public CheckSettings {
    baselines = List.copyOf(baselines);
    secureBootKeys = List.copyOf(secureBootKeys);
    dumpKeys = Set.copyOf(dumpKeys);
    manifests = List.copyOf(manifests);
    if (ptraceScope < 1 || ptraceScope > STRICTEST_PTRACE_SCOPE) {
      throw new IllegalArgumentException("ptrace scope " + ptraceScope + " is none of 1, 2, 3");
    }
  }

  /** {@return the same with these baselines} */
  public CheckSettings withBaselines(List<BootBaseline> accepted) {
    return new CheckSettings(
        accepted,
        secureBootKeys,
        lockdown,
        codeIntegrity,
        dumpKeys,
        ptraceScope,
        revocations,
        manifests);
  }

  /** {@return the same with these rules of what may run} */
  public CheckSettings withCodeIntegrity(CodeIntegrityRules rules) {
    return new CheckSettings(
        baselines, secureBootKeys, lockdown, rules, dumpKeys, ptraceScope, revocations, manifests);
  }

  /** {@return the same with these manifests, and these keys that dumps may be encrypted to} */
  public CheckSettings withManifests(List<ImageManifest> verified, Set<Bytes> registeredDumpKeys) {
    return new CheckSettings(
        baselines,
        secureBootKeys,
        lockdown,
        codeIntegrity,
        registeredDumpKeys,
        ptraceScope,
        revocations,
        verified);
  }

  /** {@return the same with these revocations} */
  public CheckSettings withRevocations(Revocations required) {
    return new CheckSettings(
        baselines,
        secureBootKeys,
        lockdown,
        codeIntegrity,
        dumpKeys,
        ptraceScope,
        required,
        manifests);
  }

  /** {@return the same with baselines for the keys alone} */
  public CheckSettings withSecureBootKeys(List<BootBaseline> accepted) {
    return new CheckSettings(
        baselines,
        accepted,
        lockdown,
        codeIntegrity,
        dumpKeys,
        ptraceScope,
        revocations,
        manifests);
  }
}
