package org.shieldwall.evidence.eventlog;

import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/**
 * Computes the PCR values that a log leads to. Nothing is concluded here: the values mean something
 * only once a quote shows the same ones.
 */
public final class Replay {
  /** TPMs for PCs have PCRs 0 to 23 (PC Client TPM Profile, section 4.6). */
  public static final int PCR_COUNT = 24;

  private static final byte[] STARTUP_LOCALITY =
      "StartupLocality\0".getBytes(StandardCharsets.US_ASCII);

  private Replay() {}

  /**
   * Replays one bank.
   *
   * @return the value of each PCR that the log says anything about
   * @throws MalformedException if the start-up locality is not one, or stated twice differently
   * @throws IllegalArgumentException if the log has no digests of that bank or it is not supported
   */
  public static PcrValues replay(UntrustedEventLog log, TpmHash bank) throws MalformedException {
    if (!log.banks().contains(bank)) {
      throw new IllegalArgumentException("no replay of " + bank.label());
    }
    Optional<Integer> locality = startupLocality(log);
    byte[][] pcrs = new byte[PCR_COUNT][];
    locality.ifPresent(stated -> pcrs[0] = start(bank, stated));
    MessageDigest digest = bank.digest();
    for (UntrustedEvent event : log.events()) {
      if (!event.extendsPcr() || event.pcr() >= PCR_COUNT) {
        continue;
      }
      int pcr = (int) event.pcr();
      if (pcrs[pcr] == null) {
        pcrs[pcr] = first(event, bank);
      }
      digest.update(pcrs[pcr]);
      event.digest(bank).orElseThrow().updateInto(digest);
      finish(digest, pcrs[pcr]);
    }
    SortedMap<Integer, Bytes> values = new TreeMap<>();
    for (int pcr = 0; pcr < PCR_COUNT; pcr++) {
      if (pcrs[pcr] != null) {
        values.put(pcr, Bytes.of(pcrs[pcr]));
      }
    }
    return PcrValues.of(bank, values);
  }

  private static void finish(MessageDigest digest, byte[] into) {
    try {
      digest.digest(into, 0, into.length);
    } catch (DigestException e) {
      throw new IllegalStateException("a digest is as long as its bank's PCRs", e);
    }
  }

  /**
   * A hardware root of trust measures before the TPM is started, from locality 4 (TPM 2.0 Library,
   * Part 1, section 34.4); its event stands for the start-up locality where that is not logged.
   */
  private static byte[] first(UntrustedEvent event, TpmHash bank) {
    boolean hardware = event.pcr() == 0 && event.type() == EventType.EFI_HCRTM_EVENT.id();
    return start(bank, hardware ? 4 : 0);
  }

  private static byte[] start(TpmHash bank, int locality) {
    byte[] value = new byte[bank.size()];
    value[value.length - 1] = (byte) locality;
    return value;
  }

  /** {@return PCR 0's first value as the StartupLocality event states it (PFP section 10.4.5.3)} */
  static Optional<Integer> startupLocality(UntrustedEventLog log) throws MalformedException {
    Optional<Integer> found = Optional.empty();
    for (UntrustedEvent event : log.events()) {
      if (!isStartupLocality(event)) {
        continue;
      }
      int locality = event.data().at(STARTUP_LOCALITY.length);
      if (locality != 0 && locality != 3 && locality != 4) {
        throw malformed(event, "locality 0, 3 or 4", String.valueOf(locality));
      }
      if (found.isPresent() && found.get() != locality) {
        throw malformed(event, "one start-up locality", "another one");
      }
      found = Optional.of(locality);
    }
    return found;
  }

  private static MalformedException malformed(UntrustedEvent event, String expected, String found) {
    return new MalformedException(
        "TCG_EfiStartupLocalityEvent",
        event.dataOffset() + STARTUP_LOCALITY.length,
        expected,
        found);
  }

  static boolean isStartupLocality(UntrustedEvent event) {
    return event.type() == EventType.NO_ACTION.id()
        && event.pcr() == 0
        && event.data().length() == STARTUP_LOCALITY.length + 1
        && Arrays.equals(
            event.data().slice(0, STARTUP_LOCALITY.length).toArray(), STARTUP_LOCALITY);
  }
}
