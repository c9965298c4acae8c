package org.shieldwall.disk.uefi;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * Just enough of a crypto-agile TCG event log to compare it with a prediction: the events of PCR 7.
 */
final class EventLogOfPcr7 {
  /** An event's digests and its data. */
  record Event(Map<TpmHash, Bytes> digests, Bytes data) {}

  private EventLogOfPcr7() {}

  static List<Event> read(byte[] log) throws MalformedException {
    ByteReader in = ByteReader.littleEndian(log, "event log");
    // The first event, in the old format, names the version and the hash algorithms.
    in.bytes(28, "pcrIndex, eventType, digest");
    in.bytes(in.u32("eventSize"), "event");
    List<Event> events = new ArrayList<>();
    while (in.remaining() > 0) {
      long pcr = in.u32("pcrIndex");
      in.u32("eventType");
      Map<TpmHash, Bytes> digests = new EnumMap<>(TpmHash.class);
      long count = in.u32("digests.count");
      for (int i = 0; i < count; i++) {
        TpmHash hash = TpmHash.ofId(in.u16("hashAlg")).orElseThrow();
        digests.put(hash, Bytes.of(in.bytes(hash.size(), "digest")));
      }
      Bytes data = Bytes.of(in.bytes(in.u32("eventSize"), "event"));
      if (pcr == 7) {
        events.add(new Event(digests, data));
      }
    }
    return events;
  }
}
