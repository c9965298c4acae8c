package org.shieldwall.host.attest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.Bytes;

/** The end of a list, whatever its length. */
class ImaTailTest {
  private static final int LIMIT = 1 << 20;

  private static byte[] entry(String template, int number) {
    byte[] name = template.getBytes(StandardCharsets.US_ASCII);
    byte[] file = ("/usr/bin/program-" + number).getBytes(StandardCharsets.US_ASCII);
    boolean old = template.equals("ima");
    ByteBuffer out =
        ByteBuffer.allocate(4 + 20 + 4 + name.length + (old ? 20 : 0) + 4 + file.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(10).put(new byte[20]).putInt(name.length).put(name);
    if (old) {
      out.put(new byte[20]);
    }
    return out.putInt(file.length).put(file).array();
  }

  /** Entries that are made as they are read, so that the list is nowhere in memory. */
  private static InputStream list(int entries, String template) {
    return new InputStream() {
      private byte[] current = new byte[0];
      private int at;
      private int made;

      @Override
      public int read() {
        if (at == current.length) {
          if (made == entries) {
            return -1;
          }
          current = entry(template, made++);
          at = 0;
        }
        return current[at++] & 0xFF;
      }

      @Override
      public int read(byte[] into, int from, int length) {
        int first = length == 0 ? -1 : read();
        if (first < 0) {
          return length == 0 ? 0 : -1;
        }
        into[from] = (byte) first;
        return 1;
      }
    };
  }

  @Test
  void givenAHundredThousandEntries_whenTheLastFiftyAreWanted_thenOnlyTheyAreHeld()
      throws IOException {
    Bytes end = ImaTail.read(list(100_000, "ima-ng"), 99_950, LIMIT);
    assertThat(end.length()).isEqualTo(50 * entry("ima-ng", 99_999).length);
    byte[] first = entry("ima-ng", 99_950);
    assertThat(end.slice(0, first.length).toArray()).isEqualTo(first);
  }

  @Test
  void givenTheOldTemplate_whenEntriesArePassedOver_thenItsFormIsHeeded() throws IOException {
    Bytes end = ImaTail.read(list(12, "ima"), 11, LIMIT);
    assertThat(end.toArray()).isEqualTo(entry("ima", 11));
  }

  @Test
  void givenNothingNew_whenRead_thenItIsEmpty() throws IOException {
    assertThat(ImaTail.read(list(7, "ima-sig"), 7, LIMIT)).isEqualTo(Bytes.EMPTY);
  }

  @Test
  void givenAShorterOrDamagedOrTooLongList_whenRead_thenNothingIsMadeOfIt() {
    assertThatThrownBy(() -> ImaTail.read(list(6, "ima-ng"), 7, LIMIT))
        .isInstanceOf(EOFException.class);
    byte[] damaged = entry("ima-ng", 0);
    damaged[24 + 3] = 0x7F;
    assertThatThrownBy(() -> ImaTail.read(new ByteArrayInputStream(damaged), 1, LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("bytes");
    assertThatThrownBy(() -> ImaTail.read(list(1000, "ima-ng"), 1, 100))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("larger than");
  }
}
