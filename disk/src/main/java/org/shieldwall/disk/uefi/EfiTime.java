package org.shieldwall.disk.uefi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.LocalDateTime;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.MalformedException;

/**
 * EFI_TIME (UEFI 2.10, section 8.3), kept as its fields because an absent time is all zeroes, which
 * is no date. In authenticated variables everything below the second is zero.
 */
public record EfiTime(int year, int month, int day, int hour, int minute, int second) {
  /** The time of a variable that was never written with authentication. */
  public static final EfiTime NONE = new EfiTime(0, 0, 0, 0, 0, 0);

  static final int SIZE = 16;

  /** {@return {@code time}, to the second, as UTC} */
  public static EfiTime of(LocalDateTime time) {
    return new EfiTime(
        time.getYear(),
        time.getMonthValue(),
        time.getDayOfMonth(),
        time.getHour(),
        time.getMinute(),
        time.getSecond());
  }

  static EfiTime read(ByteReader reader) throws MalformedException {
    EfiTime time =
        new EfiTime(
            reader.u16("Year"),
            reader.u8("Month"),
            reader.u8("Day"),
            reader.u8("Hour"),
            reader.u8("Minute"),
            reader.u8("Second"));
    reader.bytes(9, "Pad1, Nanosecond, TimeZone, Daylight, Pad2");
    return time;
  }

  void write(ByteBuffer out) {
    out.order(ByteOrder.LITTLE_ENDIAN).putShort((short) year);
    out.put((byte) month).put((byte) day).put((byte) hour).put((byte) minute).put((byte) second);
    out.put(new byte[9]);
  }
}
