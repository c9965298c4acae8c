package org.shieldwall.evidence.eventlog;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * A quirk of some firmware: it measures the two events of ExitBootServices into PCR 5 and records
 * neither, because the log was handed to the operating system before (go-attestation knows it as
 * {@code ebs_event_missing}). Such a log leads to a value that the TPM no longer shows.
 */
public final class UnloggedExit {
  /** The register that takes both. */
  public static final int PCR = 5;

  private static final List<String> EVENTS =
      List.of("Exit Boot Services Invocation", "Exit Boot Services Returned with Success");

  private UnloggedExit() {}

  /** {@return what PCR 5 is after both, where the log leads to {@code logged}} */
  public static Bytes after(TpmHash bank, Bytes logged) {
    Bytes value = logged;
    for (String event : EVENTS) {
      Bytes digest = bank.hash(Bytes.of(event.getBytes(StandardCharsets.US_ASCII)));
      value = bank.hash(value, digest);
    }
    return value;
  }
}
