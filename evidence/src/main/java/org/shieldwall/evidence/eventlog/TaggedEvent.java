package org.shieldwall.evidence.eventlog;

import java.util.ArrayList;
import java.util.List;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * One tagged event, TCG_PCClientTaggedEvent (PFP section 10.4.2.1): a number, a length, data.
 * Windows nests them (WBCL, {@code wbcl.h}: SIPAEVENTTYPE_*).
 *
 * @param id what it is
 * @param data its data, empty for a container
 * @param nested the events inside a container
 */
public record TaggedEvent(long id, Bytes data, List<TaggedEvent> nested) {
  /** Linux' EFI stub: the initial RAM disk it loaded. */
  static final long LINUX_INITRD = 0x8F3B22ECL;

  /** Linux' EFI stub: the command line it was given. */
  static final long LINUX_LOAD_OPTIONS = 0x8F3B22EDL;

  /** Windows nests three deep at most. */
  private static final int DEEPEST = 8;

  /** Windows' largest events hold a few hundred. */
  private static final int MOST = 16_384;

  /** Bits 16 to 19 of a Windows tag are its class; class 1 holds further events. */
  private static final long CLASS = 0x000F_0000L;

  private static final long CONTAINER = 0x0001_0000L;

  /** Keeps its own copy of the list. */
  public TaggedEvent {
    nested = List.copyOf(nested);
  }

  /** {@return whether data starts with a tag of Linux' EFI stub} */
  static boolean isLinuxStub(Bytes data) {
    return data.length() >= 8
        && data.at(3) == 0x8F
        && data.at(2) == 0x3B
        && data.at(1) == 0x22
        && (data.at(0) == 0xEC || data.at(0) == 0xED);
  }

  /**
   * Reads events one after the other until the end.
   *
   * @param offset where the data stands in the log, for messages
   */
  static List<TaggedEvent> parse(Bytes data, long offset) throws MalformedException {
    try {
      return list(ByteReader.littleEndian(data.toArray(), "TCG_PCClientTaggedEvent"), 0);
    } catch (MalformedException e) {
      throw new MalformedException(e.structure(), offset + e.offset(), e.expected(), e.found());
    }
  }

  private static List<TaggedEvent> list(ByteReader in, int depth) throws MalformedException {
    if (depth > DEEPEST) {
      throw new MalformedException(
          "TCG_PCClientTaggedEvent",
          in.offset(),
          "at most " + DEEPEST + " containers, one in the other",
          "more");
    }
    List<TaggedEvent> events = new ArrayList<>();
    while (in.remaining() > 0) {
      if (events.size() >= MOST) {
        throw new MalformedException(
            "TCG_PCClientTaggedEvent", in.offset(), "at most " + MOST + " events", "more");
      }
      long id = in.u32("taggedEventID");
      long size = in.u32("taggedEventDataSize");
      if (size > in.remaining()) {
        throw new MalformedException(
            "TCG_PCClientTaggedEvent",
            in.offset(),
            size + " bytes of event 0x%08x".formatted(id),
            in.remaining() + " left");
      }
      if ((id & CLASS) == CONTAINER) {
        events.add(
            new TaggedEvent(id, Bytes.EMPTY, list(in.slice(size, "taggedEventData"), depth + 1)));
      } else {
        events.add(new TaggedEvent(id, Bytes.of(in.bytes(size, "taggedEventData")), List.of()));
      }
    }
    return events;
  }
}
