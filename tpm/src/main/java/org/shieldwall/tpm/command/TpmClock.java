package org.shieldwall.tpm.command;

import org.shieldwall.tpm.TpmAttest.ClockInfo;

/**
 * TPMS_TIME_INFO (Part 2, section 10.11.6).
 *
 * @param time milliseconds since the TPM was last powered on
 * @param clock the clock and counters that survive it
 */
public record TpmClock(long time, ClockInfo clock) {}
