package org.shieldwall.disk.uefi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.MalformedException;

/**
 * An EFI_GUID. Its text is that of a UUID; its 16 bytes are not: the first three fields are
 * little-endian (UEFI 2.10, appendix A).
 */
public record EfiGuid(UUID value) {
  /** EFI_GLOBAL_VARIABLE: the vendor of {@code PK}, {@code KEK} and {@code SecureBoot}. */
  public static final EfiGuid GLOBAL_VARIABLE = of("8be4df61-93ca-11d2-aa0d-00e098032b8c");

  /** EFI_IMAGE_SECURITY_DATABASE_GUID: the vendor of {@code db} and {@code dbx}. */
  public static final EfiGuid IMAGE_SECURITY_DATABASE = of("d719b2cb-3d3a-4596-a3bc-dad00e67656f");

  /** EFI_CERT_X509_GUID: a signature list of DER certificates. */
  public static final EfiGuid CERT_X509 = of("a5c059a1-94e4-4aa7-87b5-ab155c2bf072");

  /** EFI_CERT_SHA256_GUID: a signature list of SHA-256 image digests. */
  public static final EfiGuid CERT_SHA256 = of("c1c41626-504c-4092-aca9-41f936934328");

  static final int SIZE = 16;

  /** {@return the GUID of this text, e.g. {@code 8be4df61-93ca-11d2-aa0d-00e098032b8c}} */
  public static EfiGuid of(String text) {
    return new EfiGuid(UUID.fromString(text));
  }

  static EfiGuid read(ByteReader reader, String field) throws MalformedException {
    ByteBuffer bytes = ByteBuffer.wrap(reader.bytes(SIZE, field)).order(ByteOrder.LITTLE_ENDIAN);
    long first = Integer.toUnsignedLong(bytes.getInt());
    long second = Short.toUnsignedLong(bytes.getShort());
    long third = Short.toUnsignedLong(bytes.getShort());
    long last = bytes.order(ByteOrder.BIG_ENDIAN).getLong();
    return new EfiGuid(new UUID(first << 32 | second << 16 | third, last));
  }

  void write(ByteBuffer out) {
    long most = value.getMostSignificantBits();
    ByteOrder order = out.order();
    out.order(ByteOrder.LITTLE_ENDIAN);
    out.putInt((int) (most >> 32)).putShort((short) (most >> 16)).putShort((short) most);
    out.order(ByteOrder.BIG_ENDIAN).putLong(value.getLeastSignificantBits()).order(order);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
