package org.shieldwall.hgs.store;

import java.util.Arrays;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.tpm.Bytes;

/**
 * What a host last sent, and what it answered: enough to judge it again, under any policy.
 *
 * @param host its name
 * @param ak attestation key, TPM2B_PUBLIC
 * @param quote the attested bytes, TPMS_ATTEST
 * @param signature over them, TPMT_SIGNATURE
 * @param pcrs value of each quoted PCR of the SHA-256 bank
 * @param commandLine what the kernel is said to have been told
 * @param extraData what the quote had to carry
 * @param enclave digest of the enclave's keys
 * @param eventLog the firmware's event log
 * @param ima the kernel's IMA list, from entry {@code imaFrom} on
 * @param imaFrom how many entries the service had accepted before; 0: the list is whole
 */
public record StoredEvidence(
    String host,
    Bytes ak,
    Bytes quote,
    Bytes signature,
    SortedMap<Integer, Bytes> pcrs,
    Optional<String> commandLine,
    Bytes extraData,
    Bytes enclave,
    Optional<Bytes> eventLog,
    Optional<Bytes> ima,
    long imaFrom) {
  private static final int PCR_SIZE = 32;

  /** Keeps its own copy of the map. */
  public StoredEvidence {
    pcrs = Collections.unmodifiableSortedMap(new TreeMap<>(pcrs));
  }

  StoredEvidence withWholeIma(Bytes list) {
    return new StoredEvidence(
        host,
        ak,
        quote,
        signature,
        pcrs,
        commandLine,
        extraData,
        enclave,
        eventLog,
        Optional.of(list),
        0);
  }

  /** Each as one byte of index and 32 of value. */
  byte[] packedPcrs() {
    byte[] packed = new byte[pcrs.size() * (1 + PCR_SIZE)];
    int at = 0;
    for (var each : pcrs.entrySet()) {
      packed[at] = each.getKey().byteValue();
      System.arraycopy(each.getValue().toArray(), 0, packed, at + 1, PCR_SIZE);
      at += 1 + PCR_SIZE;
    }
    return packed;
  }

  static SortedMap<Integer, Bytes> unpackedPcrs(byte[] packed) {
    SortedMap<Integer, Bytes> pcrs = new TreeMap<>();
    for (int at = 0; at < packed.length; at += 1 + PCR_SIZE) {
      pcrs.put((int) packed[at], Bytes.of(Arrays.copyOfRange(packed, at + 1, at + 1 + PCR_SIZE)));
    }
    return pcrs;
  }

  @Override
  public String toString() {
    return "StoredEvidence[" + host + "]";
  }
}
