package org.shieldwall.enclave.message;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;

/**
 * The hardware address of a VM's network card. It follows from the VM's id, so that it is the same
 * on every host and after every start, and so that whoever filters what the card sends knows it
 * without being told. One of 2^46 unicast addresses that are administered locally (IEEE Std 802,
 * clause 8.4).
 *
 * @param text lower-case hexadecimal, colons between the bytes
 */
public record MacAddress(String text) {
  private static final int LENGTH = 6;

  /** {@return the address of the card of this VM} */
  public static MacAddress of(UUID vm) {
    byte[] id =
        ByteBuffer.allocate(16)
            .putLong(vm.getMostSignificantBits())
            .putLong(vm.getLeastSignificantBits())
            .array();
    byte[] address = Arrays.copyOf(sha256(id), LENGTH);
    // Of the first byte: bit 0 clear for one station, bit 1 set for locally administered.
    address[0] = (byte) ((address[0] & 0xFC) | 2);
    return new MacAddress(HexFormat.ofDelimiter(":").formatHex(address));
  }

  /** {@return its six bytes} */
  public byte[] bytes() {
    return HexFormat.ofDelimiter(":").parseHex(text);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
