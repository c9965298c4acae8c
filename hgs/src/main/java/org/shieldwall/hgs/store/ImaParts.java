package org.shieldwall.hgs.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.evidence.ima.ImaOptions;
import org.shieldwall.evidence.ima.ImaReplay;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * Makes one IMA list of the parts it came in. A part begins where the one before was known to be
 * covered by a quote; the one before may go on further, and is cut there.
 */
final class ImaParts {
  /** Entries from {@code first} on. */
  record Part(long first, Bytes entries) {}

  private ImaParts() {}

  static Optional<Bytes> joined(List<Part> parts) {
    if (parts.isEmpty() || parts.getFirst().first() != 0) {
      return Optional.empty();
    }
    List<Bytes> pieces = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      boolean last = i == parts.size() - 1;
      pieces.add(last ? part.entries() : beginning(part, parts.get(i + 1).first() - part.first()));
    }
    return Optional.of(Bytes.concat(pieces.toArray(new Bytes[0])));
  }

  private static Bytes beginning(Part part, long count) {
    long[] end = {part.entries().length()};
    try {
      ImaReplay.replay(
          new ByteArrayInputStream(part.entries().toArray()),
          new ImaOptions(Set.of(), false, Optional.empty()),
          entry -> {
            if (entry.index() == count) {
              end[0] = entry.offset();
            }
          });
    } catch (MalformedException e) {
      // A list that does not read has been refused as one; it is kept as it came.
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory does not fail", e);
    }
    return part.entries().slice(0, (int) end[0]);
  }
}
