package org.shieldwall.evidence;

import java.nio.charset.StandardCharsets;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * What the kernel's own EFI stub measures of its command line, into PCR 9, before anything else is:
 * since Linux 6.1, the UTF-16 that it was given, with its terminator ({@code
 * drivers/firmware/efi/libstub/efi-stub-helper.c}).
 */
public final class LoadOptions {
  private LoadOptions() {}

  /** {@return the digest that is extended for a line} */
  public static Bytes digest(TpmHash bank, String line) {
    return bank.hash(Bytes.of((line + '\0').getBytes(StandardCharsets.UTF_16LE)));
  }

  /** {@return whether a line is the one that was measured first; nothing can come before it} */
  public static boolean measured(BootFacts facts, String line) {
    return !facts.loadedFiles().isEmpty()
        && facts.loadedFiles().getFirst().digest().equals(digest(facts.bank(), line));
  }
}
