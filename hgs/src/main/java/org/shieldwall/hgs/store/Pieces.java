package org.shieldwall.hgs.store;

import java.io.ByteArrayOutputStream;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jdbi.v3.core.Handle;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * Large things, each kept once however many hosts or policies refer to it, under its SHA-256.
 * Written by whoever first refers to it and deleted by whoever last did.
 */
final class Pieces {
  /** So much may a piece come to when it is unpacked. */
  static final int MOST = 64 << 20;

  private Pieces() {}

  /** {@return the digest under which {@code content} is known} */
  static String digest(Bytes content) {
    return TpmHash.SHA256.hash(content).hex();
  }

  /** Keeps a piece, if it is not kept already. */
  static void keep(Handle writing, PackedPart part) {
    if (!isKept(writing, part.digest())) {
      writing.execute(
          "INSERT INTO piece (digest, size, content) VALUES (?, ?, ?)",
          part.digest(),
          part.size(),
          part.content());
    }
  }

  /** {@return whether there is a piece of this digest} */
  static boolean isKept(Handle handle, String digest) {
    return handle
        .createQuery("SELECT 1 FROM piece WHERE digest = :digest")
        .bind("digest", digest)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  /** {@return the piece of this digest} */
  static Optional<Bytes> find(Handle handle, String digest) {
    return handle
        .createQuery("SELECT content, size FROM piece WHERE digest = :digest")
        .bind("digest", digest)
        .map((row, context) -> unpacked(row.getBytes("content"), row.getLong("size")))
        .findOne();
  }

  /** Deletes the piece if nothing refers to it any more. */
  static void release(Handle writing, String digest) {
    writing.execute(
        "DELETE FROM piece WHERE digest = ?"
            + " AND NOT EXISTS (SELECT 1 FROM last_evidence WHERE event_log = piece.digest)"
            + " AND NOT EXISTS (SELECT 1 FROM policy_file WHERE policy_file.piece = piece.digest)",
        digest);
  }

  /** Fast rather than small: this is on the way of every host's first attestation. */
  static Bytes packed(Bytes content) {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try {
      deflater.setInput(content.toArray());
      deflater.finish();
      ByteArrayOutputStream out = new ByteArrayOutputStream(content.length() / 3 + 64);
      byte[] buffer = new byte[8192];
      while (!deflater.finished()) {
        out.write(buffer, 0, deflater.deflate(buffer));
      }
      return Bytes.of(out.toByteArray());
    } finally {
      deflater.end();
    }
  }

  static Bytes unpacked(byte[] packed, long size) {
    if (size < 0 || size > MOST) {
      throw new IllegalStateException("a stored piece of " + size + " bytes");
    }
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(packed);
      byte[] content = new byte[(int) size];
      int done = 0;
      while (done < content.length) {
        int more = inflater.inflate(content, done, content.length - done);
        if (more == 0) {
          throw new IllegalStateException("a stored piece is cut off");
        }
        done += more;
      }
      return Bytes.of(content);
    } catch (DataFormatException e) {
      throw new IllegalStateException("a stored piece does not unpack", e);
    } finally {
      inflater.end();
    }
  }
}
