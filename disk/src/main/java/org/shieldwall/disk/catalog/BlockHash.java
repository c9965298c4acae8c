package org.shieldwall.disk.catalog;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.shieldwall.tpm.Bytes;

/** SHA-256 of one block. Not safe for use by several threads. */
final class BlockHash {
  private final MessageDigest digest;

  BlockHash() {
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  Bytes of(byte[] block, int length) {
    digest.update(block, 0, length);
    return Bytes.of(digest.digest());
  }
}
