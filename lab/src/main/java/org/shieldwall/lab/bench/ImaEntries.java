package org.shieldwall.lab.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.tpm.Bytes;

/** Where the entries of a binary IMA list are: PCR, SHA-1, name and data, each with its length. */
final class ImaEntries {
  private static final int BEFORE_NAME = 4 + 20;

  private ImaEntries() {}

  /** {@return where the list goes on after so many entries} */
  static int offset(Bytes list, int entries) {
    ByteBuffer in = ByteBuffer.wrap(list.toArray()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < entries; i++) {
      skip(in);
    }
    return in.position();
  }

  /** {@return the template data of each entry: what its hash is over} */
  static List<byte[]> data(Bytes list) {
    ByteBuffer in = ByteBuffer.wrap(list.toArray()).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> all = new ArrayList<>();
    while (in.hasRemaining()) {
      int length = skip(in);
      all.add(list.slice(in.position() - length, in.position()).toArray());
    }
    return all;
  }

  private static int skip(ByteBuffer in) {
    in.position(in.position() + BEFORE_NAME);
    int name = in.getInt();
    in.position(in.position() + name);
    int length = in.getInt();
    in.position(in.position() + length);
    return length;
  }
}
