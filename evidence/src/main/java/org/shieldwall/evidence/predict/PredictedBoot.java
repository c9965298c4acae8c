package org.shieldwall.evidence.predict;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.LoadOptions;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.Replay;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/**
 * What a boot of a unified kernel image will measure, where firmware starts it straight, Secure
 * Boot is on, and nothing lies beside it (credentials, extensions). It is written down as the event
 * log of that boot, in the PCRs that the image decides on, and read as any other: whoever trusts
 * the one reading trusts the other.
 *
 * @param log the event log: PCRs 4, 7, 9 and 11
 * @param facts what it says
 * @param pcrs PCRs 4, 7, 8, 9, 11, 12 and 13
 */
public record PredictedBoot(Bytes log, BootFacts facts, PcrValues pcrs) {
  private static final int IMAGES = 4;
  private static final int SECURE_BOOT = 7;
  private static final int KERNEL = 9;
  private static final int SECTIONS = 11;
  private static final List<Integer> DECIDED = List.of(4, 7, 8, 9, 11, 12, 13);

  /**
   * {@return the boot of {@code kernel}}
   *
   * @param secureBoot what firmware hashes into PCR 7, in order: each variable, the separator of
   *     four zeros, the authority
   */
  public static PredictedBoot of(UnifiedKernel kernel, List<Bytes> secureBoot, TpmHash bank)
      throws MalformedException {
    LogWriter log = new LogWriter(bank);
    boolean closed = false;
    for (Bytes each : secureBoot) {
      boolean separator = each.equals(Bytes.zeros(4));
      EventType variable =
          closed ? EventType.EFI_VARIABLE_AUTHORITY : EventType.EFI_VARIABLE_DRIVER_CONFIG;
      log.measured(SECURE_BOOT, separator ? EventType.SEPARATOR : variable, each);
      closed |= separator;
    }
    log.measured(
        IMAGES, EventType.EFI_ACTION, Bytes.ofText("Calling EFI Application from Boot Option"));
    log.measured(IMAGES, EventType.SEPARATOR, Bytes.zeros(4));
    log.extended(
        IMAGES,
        EventType.EFI_BOOT_SERVICES_APPLICATION,
        kernel.image().authenticode(bank),
        Bytes.EMPTY);
    for (String name : UnifiedKernel.MEASURED) {
      Optional<Bytes> section = kernel.image().section(name);
      if (section.isPresent()) {
        log.section(SECTIONS, name, section.get());
      }
    }
    log.tagged(
        KERNEL,
        LogWriter.LOAD_OPTIONS,
        LoadOptions.digest(bank, kernel.commandLine()),
        "LOADED_IMAGE::LoadOptions");
    log.tagged(KERNEL, LogWriter.INITRD, bank.hash(kernel.section(".initrd")), "Linux initrd");
    return read(log.toBytes(), bank);
  }

  private static PredictedBoot read(Bytes log, TpmHash bank) throws MalformedException {
    UntrustedEventLog parsed = UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT);
    PcrValues replayed = Replay.replay(parsed, bank);
    SortedMap<Integer, Bytes> values = new TreeMap<>();
    for (int pcr : DECIDED) {
      values.put(pcr, replayed.value(bank, pcr).orElse(Bytes.zeros(bank.size())));
    }
    return new PredictedBoot(log, BootFacts.draw(parsed, bank), PcrValues.of(bank, values));
  }

  /** {@return a baseline of this boot: keys, image, command line and initial RAM disk} */
  public BootBaseline baseline(String name) {
    return BootBaseline.capture(name, facts, CaptureLevel.BOOT);
  }
}
