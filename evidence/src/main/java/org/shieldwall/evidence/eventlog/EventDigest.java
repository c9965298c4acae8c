package org.shieldwall.evidence.eventlog;

import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** One digest of an event: what was extended into the PCR of one bank. */
public record EventDigest(TpmHash algorithm, Bytes value) {}
