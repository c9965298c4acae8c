package org.shieldwall.lab.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * A crypto-agile log of the size of a real one, for where no real one is at hand: Secure Boot on, a
 * key database of 16 kB, a boot application and texts.
 */
final class MadeUpLog {
  private static final int NO_ACTION = 3;
  private static final int SEPARATOR = 4;
  private static final int ACTION = 5;
  private static final int SCRTM_VERSION = 8;
  private static final long VARIABLE = 0x80000001L;
  private static final long APPLICATION = 0x80000003L;
  private static final byte[] GLOBAL = Bytes.ofHex("61dfe48bca93d211aa0d00e098032b8c").toArray();
  private static final byte[] DATABASE = Bytes.ofHex("cbb219d73a3d9645a3bcdad00e67656f").toArray();
  private static final Bytes SHA256_LIST = Bytes.ofHex("2616c4c14c509240aca941f936934328");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private MadeUpLog() {}

  static Bytes bytes() {
    MadeUpLog log = new MadeUpLog();
    log.header();
    log.hashed(0, SCRTM_VERSION, utf16("bench"));
    log.hashed(7, VARIABLE, variable(GLOBAL, "SecureBoot", new byte[] {1}));
    log.hashed(7, VARIABLE, variable(GLOBAL, "PK", list(1)));
    log.hashed(7, VARIABLE, variable(GLOBAL, "KEK", list(2)));
    log.hashed(7, VARIABLE, variable(DATABASE, "db", list(4)));
    log.hashed(7, VARIABLE, variable(DATABASE, "dbx", list(340)));
    for (int pcr = 0; pcr < 8; pcr++) {
      log.hashed(pcr, SEPARATOR, new byte[4]);
    }
    log.hashed(4, ACTION, ascii("Calling EFI Application from Boot Option"));
    log.event(4, APPLICATION, TpmHash.SHA256.hash(ascii("an image")), new byte[128]);
    for (int i = 0; i < 70; i++) {
      log.hashed(1, VARIABLE, variable(GLOBAL, "Boot%04d".formatted(i), new byte[200]));
    }
    log.hashed(5, ACTION, ascii("Exit Boot Services Invocation"));
    log.hashed(5, ACTION, ascii("Exit Boot Services Returned with Success"));
    return Bytes.of(log.out.toByteArray());
  }

  private void header() {
    byte[] specification =
        Bytes.concat(
                Bytes.ofText("Spec ID Event03\0"),
                Bytes.ofHex("0000000000020002010000000b00200000"))
            .toArray();
    out.writeBytes(words(0, NO_ACTION));
    out.writeBytes(new byte[20]);
    out.writeBytes(words(specification.length));
    out.writeBytes(specification);
  }

  private void hashed(int pcr, long type, byte[] data) {
    event(pcr, type, TpmHash.SHA256.hash(data), data);
  }

  private void event(int pcr, long type, Bytes digest, byte[] data) {
    out.writeBytes(words(pcr, type, 1));
    out.writeBytes(new byte[] {0x0B, 0});
    out.writeBytes(digest.toArray());
    out.writeBytes(words(data.length));
    out.writeBytes(data);
  }

  private static byte[] variable(byte[] vendor, String name, byte[] value) {
    return joined(vendor, words(name.length(), 0, value.length, 0), utf16(name), value);
  }

  /** {@return an EFI_SIGNATURE_LIST of so many hashes} */
  private static byte[] list(int hashes) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    list.writeBytes(joined(SHA256_LIST.toArray(), words(28 + hashes * 48, 0, 48)));
    for (int i = 0; i < hashes; i++) {
      list.writeBytes(joined(new byte[16], TpmHash.SHA256.hash(ascii("hash " + i)).toArray()));
    }
    return list.toByteArray();
  }

  /** {@return 32-bit little-endian numbers} */
  private static byte[] words(long... values) {
    byte[] words = new byte[4 * values.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = (byte) (values[i / 4] >>> (8 * (i % 4)));
    }
    return words;
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }

  private static byte[] utf16(String text) {
    return text.getBytes(StandardCharsets.UTF_16LE);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
