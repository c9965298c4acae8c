package org.shieldwall.cli.demo;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.shieldwall.evidence.eventlog.EventDigest;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEvent;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.MalformedException;

/**
 * The log of a boot that went otherwise: Secure Boot switched off and another image started. It is
 * consistent in itself and is extended into a real TPM, so that only what it says can be refused.
 */
public final class AlteredBoot {
  private static final byte[] SECURE_BOOT = "SecureBoot".getBytes(StandardCharsets.UTF_16LE);

  private AlteredBoot() {}

  /** {@return {@code log} with Secure Boot off and the last boot image another} */
  public static byte[] of(byte[] log) throws MalformedException {
    byte[] altered = log.clone();
    int lastImage = -1;
    UntrustedEventLog parsed = UntrustedEventLog.parse(log, LogLimits.DEFAULT);
    for (UntrustedEvent event : parsed.events()) {
      if (isSecureBootVariable(event)) {
        int value = Math.toIntExact(event.dataOffset()) + event.data().length() - 1;
        altered[value] = 0;
        rehash(altered, event);
      }
      if (event.type() == EventType.EFI_BOOT_SERVICES_APPLICATION.id()) {
        lastImage = event.index();
      }
    }
    if (lastImage < 0) {
      throw new StepFailure("the recorded boot started no image");
    }
    for (EventDigest digest : parsed.events().get(lastImage).digests()) {
      int at = position(altered, parsed.events().get(lastImage), digest);
      altered[at] ^= 1;
    }
    return altered;
  }

  private static boolean isSecureBootVariable(UntrustedEvent event) {
    // UEFI_VARIABLE_DATA: GUID, two 64-bit lengths, then the name (PFP section 10.2.6).
    int name = 32;
    byte[] data = event.data().toArray();
    return event.type() == EventType.EFI_VARIABLE_DRIVER_CONFIG.id()
        && data.length == name + SECURE_BOOT.length + 1
        && Arrays.equals(data, name, name + SECURE_BOOT.length, SECURE_BOOT, 0, SECURE_BOOT.length);
  }

  private static void rehash(byte[] altered, UntrustedEvent event) {
    int from = Math.toIntExact(event.dataOffset());
    byte[] data = Arrays.copyOfRange(altered, from, from + event.data().length());
    for (EventDigest digest : event.digests()) {
      byte[] hash = digest.algorithm().digest().digest(data);
      System.arraycopy(hash, 0, altered, position(altered, event, digest), hash.length);
    }
  }

  private static int position(byte[] log, UntrustedEvent event, EventDigest digest) {
    byte[] wanted = digest.value().toArray();
    for (int at = Math.toIntExact(event.offset()); at < event.dataOffset(); at++) {
      if (Arrays.equals(log, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at;
      }
    }
    throw new StepFailure("event " + event.index() + " does not hold its own digest");
  }
}
