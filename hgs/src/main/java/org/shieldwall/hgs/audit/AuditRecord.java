package org.shieldwall.hgs.audit;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * One record. Its hash covers the hash before it, so that no record can be altered, left out or put
 * elsewhere without altering every later hash: SHA-256 over the previous hash (32 bytes; zero for
 * the first) and then each of {@code seq} (decimal), {@code id}, {@code at}, {@code kind}, {@code
 * subject}, {@code detail} as a 4-byte big-endian length and that much UTF-8.
 *
 * @param seq 1, 2, 3 … without a gap
 * @param id a UUID; the {@code instance} of the problem that was the answer, where there was one
 * @param at RFC 3339, UTC
 * @param kind {@link AuditKind#code()}; text, so that records of a newer version still verify
 * @param subject host name, VM, baseline: whom it is about
 * @param detail a JSON object
 * @param previous hash of the record before, hexadecimal
 * @param hash hexadecimal
 */
public record AuditRecord(
    long seq,
    String id,
    String at,
    String kind,
    String subject,
    String detail,
    String previous,
    String hash) {

  /** The {@code previous} of the first record. */
  static final String ORIGIN = "0".repeat(64);

  /** {@return the hash that these fields and {@code previous} must have} */
  static String hashOf(
      long seq, String id, String at, String kind, String subject, String detail, String previous) {
    ByteArrayOutputStream canonical = new ByteArrayOutputStream(512);
    canonical.writeBytes(HexFormat.of().parseHex(previous));
    for (String field : new String[] {Long.toString(seq), id, at, kind, subject, detail}) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      canonical.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
      canonical.writeBytes(bytes);
    }
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(canonical.toByteArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** {@return whether the hash is that of the fields} */
  boolean holds() {
    return hash.equals(hashOf(seq, id, at, kind, subject, detail, previous));
  }
}
