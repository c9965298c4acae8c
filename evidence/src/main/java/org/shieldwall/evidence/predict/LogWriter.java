package org.shieldwall.evidence.predict;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** Writes a crypto-agile event log of one bank (PFP sections 10.2.1 and 10.4.5.1). */
final class LogWriter {
  /** Tags of Linux' EFI stub ({@code drivers/firmware/efi/libstub/efistub.h}). */
  static final int INITRD = 0x8F3B22EC;

  static final int LOAD_OPTIONS = 0x8F3B22ED;

  private static final int SHA1_SIZE = 20;

  private final TpmHash bank;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  LogWriter(TpmHash bank) {
    this.bank = bank;
    Bytes announced =
        Bytes.concat(
            Bytes.ofText("Spec ID Event03\0"),
            Bytes.ofHex("00000000" + "00020002"),
            numbers(1),
            shorts(bank.id(), bank.size()),
            Bytes.zeros(1));
    add(numbers(0, (int) EventType.NO_ACTION.id()));
    add(Bytes.zeros(SHA1_SIZE));
    add(numbers(announced.length()));
    add(announced);
  }

  void measured(int pcr, EventType type, Bytes data) {
    extended(pcr, type, bank.hash(data), data);
  }

  void extended(int pcr, EventType type, Bytes digest, Bytes data) {
    add(numbers(pcr, (int) type.id(), 1));
    add(shorts(bank.id()));
    add(digest);
    add(numbers(data.length()));
    add(data);
  }

  /** systemd's stub: the section's name with its terminator, then the section; logged in UTF-16. */
  void section(int pcr, String name, Bytes content) {
    String terminated = name + '\0';
    Bytes shown = Bytes.of(terminated.getBytes(StandardCharsets.UTF_16LE));
    extended(pcr, EventType.IPL, bank.hash(Bytes.ofText(terminated)), shown);
    extended(pcr, EventType.IPL, bank.hash(content), shown);
  }

  /** The kernel's EFI stub: a tag that says what was hashed. */
  void tagged(int pcr, int tag, Bytes digest, String name) {
    Bytes text = Bytes.ofText(name + '\0');
    extended(pcr, EventType.EVENT_TAG, digest, Bytes.concat(numbers(tag, text.length()), text));
  }

  Bytes toBytes() {
    return Bytes.of(out.toByteArray());
  }

  private void add(Bytes bytes) {
    out.writeBytes(bytes.toArray());
  }

  private static Bytes numbers(int... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      buffer.putInt(value);
    }
    return Bytes.of(buffer.array());
  }

  private static Bytes shorts(int... values) {
    ByteBuffer buffer = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      buffer.putShort((short) value);
    }
    return Bytes.of(buffer.array());
  }
}
