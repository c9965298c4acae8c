package org.shieldwall.evidence.eventlog;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** Reads one log front to back. No length in it is believed before the bytes are there. */
final class EventLogParser {
  private static final int SHA1_HEADER = 4 + 4 + 20 + 4;

  /** Windows' index for an event that belongs to no PCR. */
  private static final long NO_PCR = 0xFFFF_FFFFL;

  private final byte[] bytes;
  private final LogLimits limits;
  private final ByteReader in;
  private final List<UntrustedEvent> events = new ArrayList<>();
  private int padding;

  EventLogParser(byte[] bytes, LogLimits limits) {
    this.bytes = bytes;
    this.limits = limits;
    this.in = ByteReader.littleEndian(bytes, "TCG event log");
  }

  UntrustedEventLog parse() throws MalformedException {
    refuseTooLarge();
    if (SpecId.startsWithSignature(bytes)) {
      return log(LogFormat.SPEC_ID_ONLY, SpecId.parse(bytes));
    }
    refuseOtherFiles();
    if (startsWithEvent2()) {
      SpecId stated = impliedHeader();
      while (hasMore()) {
        events.add(event2(stated.algorithms()));
      }
      return log(LogFormat.CRYPTO_AGILE_WITHOUT_HEADER, stated);
    }
    UntrustedEvent first = sha1Event();
    if (first.pcr() >= Replay.PCR_COUNT && first.pcr() != NO_PCR) {
      throw new MalformedException(
          "TCG event log", 0, "a PCR index, as the first event has", String.valueOf(first.pcr()));
    }
    if (SpecId.startsWithSignature(first.data().toArray())) {
      return cryptoAgile(first);
    }
    events.add(first);
    while (hasMore()) {
      events.add(sha1Event());
    }
    return new UntrustedEventLog(
        LogFormat.SHA1, Optional.empty(), List.of(TpmHash.SHA1), events, padding);
  }

  private UntrustedEventLog log(LogFormat format, SpecId specId) {
    SequencedSet<TpmHash> known = new LinkedHashSet<>();
    specId.algorithms().forEach(each -> each.hash().ifPresent(known::add));
    return new UntrustedEventLog(format, Optional.of(specId), List.copyOf(known), events, padding);
  }

  /** A small count and a known algorithm where a SHA-1 event has the start of its digest. */
  private boolean startsWithEvent2() {
    return bytes.length >= 14
        && bytes[8] > 0
        && bytes[8] <= TpmHash.values().length
        && (bytes[9] | bytes[10] | bytes[11]) == 0
        && TpmHash.ofId((bytes[12] & 0xFF) | (bytes[13] & 0xFF) << 8).isPresent();
  }

  /** The algorithms of the first event stand for the header's. */
  private SpecId impliedHeader() throws MalformedException {
    ByteReader ahead = ByteReader.littleEndian(bytes, "TCG_PCR_EVENT2");
    ahead.bytes(8, "pcrIndex and eventType");
    long count = ahead.u32("digests.count");
    List<SpecId.Algorithm> algorithms = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      int id = ahead.u16("digest.hashAlg");
      Optional<TpmHash> hash = TpmHash.ofId(id);
      if (hash.isEmpty()) {
        throw ahead.malformed("a known hash algorithm", "0x%04x".formatted(id));
      }
      ahead.bytes(hash.get().size(), "digest");
      algorithms.add(new SpecId.Algorithm(id, hash, hash.get().size()));
    }
    return new SpecId(2, 0, 0, algorithms, Bytes.EMPTY);
  }

  private UntrustedEventLog cryptoAgile(UntrustedEvent header) throws MalformedException {
    if (header.extendsPcr() || header.pcr() != 0) {
      throw new MalformedException(
          "TCG event log", 0, "EV_NO_ACTION in PCR 0 as header", header.typeName());
    }
    SpecId specId = specId(header);
    events.add(new UntrustedEvent(0, 0, 0, header.type(), List.of(), header.data(), SHA1_HEADER));
    while (hasMore()) {
      events.add(event2(specId.algorithms()));
    }
    return log(LogFormat.CRYPTO_AGILE, specId);
  }

  /**
   * Read from the log and not from the event's data, so that offsets are those of the log, and
   * because some writers leave the vendor's bytes out of the event's size: they follow it then.
   */
  private SpecId specId(UntrustedEvent header) throws MalformedException {
    int size = header.data().length();
    int vendorInfo = header.data().at(size - 1);
    boolean outside = size < 255 && size == SpecId.sizeBeforeVendorInfo(header.data()) + 1;
    long length = outside ? size + vendorInfo : size;
    ByteReader again = ByteReader.littleEndian(bytes, "TCG event log");
    again.bytes(SHA1_HEADER, "header");
    SpecId specId = SpecId.parse(again.slice(length, "TCG_EfiSpecIDEvent"));
    in.bytes(length - size, "vendorInfo");
    return specId;
  }

  private void refuseTooLarge() throws MalformedException {
    if (bytes.length > limits.bytes()) {
      throw in.malformed("at most " + limits.bytes() + " bytes", bytes.length + " bytes");
    }
    if (bytes.length == 0) {
      throw in.malformed("a TCG event log", "no bytes");
    }
  }

  /** Names the files people have in hand instead of an event log. */
  private void refuseOtherFiles() throws MalformedException {
    Optional<String> other = OtherFile.recognise(bytes);
    if (other.isPresent()) {
      throw in.malformed("a TCG event log", other.get());
    }
  }

  private boolean hasMore() throws MalformedException {
    if (in.remaining() == 0) {
      return false;
    }
    padding = paddingFrom((int) in.offset());
    if (padding > 0) {
      return false;
    }
    if (events.size() >= limits.events()) {
      throw in.malformed("at most " + limits.events() + " events", "more");
    }
    return true;
  }

  /**
   * Some firmware hands over the whole area set aside for the log, its unused end filled with one
   * byte. An event of only such bytes would name digests that no event has.
   */
  private int paddingFrom(int from) {
    byte fill = bytes[from];
    if (fill != 0 && fill != (byte) 0xFF) {
      return 0;
    }
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] != fill) {
        return 0;
      }
    }
    return bytes.length - from;
  }

  /** TCG_PCR_EVENT, PFP section 10.2.1. */
  private UntrustedEvent sha1Event() throws MalformedException {
    long offset = in.offset();
    long pcr = in.u32("pcrIndex");
    long type = in.u32("eventType");
    Bytes digest = in.fixed(TpmHash.SHA1.size(), "digest");
    return finish(offset, pcr, type, List.of(new EventDigest(TpmHash.SHA1, digest)));
  }

  /**
   * TCG_PCR_EVENT2, PFP section 10.2.2. It should have a digest for each algorithm of the header;
   * logs with fewer are found, and the banks left out can then not be replayed.
   */
  private UntrustedEvent event2(List<SpecId.Algorithm> algorithms) throws MalformedException {
    long offset = in.offset();
    long pcr = in.u32("pcrIndex");
    long type = in.u32("eventType");
    long count = in.u32("digests.count");
    if (count == 0 || count > algorithms.size()) {
      throw in.malformed("1 to " + algorithms.size() + " digests", String.valueOf(count));
    }
    List<EventDigest> digests = new ArrayList<>(algorithms.size());
    boolean[] seen = new boolean[algorithms.size()];
    for (long i = 0; i < count; i++) {
      int which = algorithm(algorithms, in.u16("digest.hashAlg"));
      if (seen[which]) {
        throw in.malformed("one digest for each algorithm", "the same algorithm twice");
      }
      seen[which] = true;
      Bytes value = in.fixed(algorithms.get(which).size(), "digest");
      algorithms.get(which).hash().ifPresent(hash -> digests.add(new EventDigest(hash, value)));
    }
    return finish(offset, pcr, type, digests);
  }

  private int algorithm(List<SpecId.Algorithm> algorithms, int id) throws MalformedException {
    for (int i = 0; i < algorithms.size(); i++) {
      if (algorithms.get(i).id() == id) {
        return i;
      }
    }
    throw in.malformed("an algorithm of the header", "0x%04x".formatted(id));
  }

  private UntrustedEvent finish(long offset, long pcr, long type, List<EventDigest> digests)
      throws MalformedException {
    long size = in.u32("eventSize");
    long dataOffset = in.offset();
    Bytes data = in.fixed(size, "event");
    return new UntrustedEvent(events.size(), offset, pcr, type, digests, data, dataOffset);
  }
}
