package org.shieldwall.evidence.eventlog;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * PCR values of one bank.
 *
 * @param algorithm the bank
 * @param values value by PCR index
 */
public record PcrBank(TpmHash algorithm, SortedMap<Integer, Bytes> values) {
  /** Keeps its own copy of the values. */
  public PcrBank {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
  }
}
