package org.shieldwall.tpm.command;

import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmPublic;

/**
 * An object outside its TPM: its private part, encrypted by its parent, and its public part.
 *
 * @param privatePart what a TPM2B_PRIVATE holds
 * @param area its public area
 */
public record CreatedObject(Bytes privatePart, TpmPublic area) {
  /**
   * {@return TPM2B_PRIVATE and TPM2B_PUBLIC one after the other} This is what systemd keeps as
   * {@code tpm2-blob}.
   */
  public Bytes marshal() {
    return new ByteWriter().sized(privatePart).sized(area.raw()).toBytes();
  }

  /** {@return the object that {@link #marshal} wrote} */
  public static CreatedObject parse(byte[] bytes) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(bytes, "TPM2B_PRIVATE, TPM2B_PUBLIC");
    Bytes privatePart = in.sized("private");
    TpmPublic area = TpmPublic.readSized(in);
    in.end();
    return new CreatedObject(privatePart, area);
  }
}
