package org.shieldwall.evidence.ima;

import java.io.IOException;
import java.io.InputStream;
import org.shieldwall.tpm.MalformedException;

/** Reads a list entry by entry. */
sealed interface ImaReader permits BinaryImaReader, AsciiImaReader {

  /**
   * Reads the next entry into {@link #entry}.
   *
   * @return false at the end of the list
   */
  boolean next() throws IOException, MalformedException;

  /** {@return the entry read last} */
  ImaEntry entry();

  /**
   * {@return a reader of {@code in}, in binary or in text} A line of text starts with a decimal PCR
   * index; the binary form with it as a little-endian number, whose second byte is zero.
   */
  static ImaReader open(InputStream in) throws IOException, MalformedException {
    ImaInput input = new ImaInput(in);
    boolean text = input.fill(2) && Character.isDigit(input.window[0]) && input.window[1] >= ' ';
    return text ? new AsciiImaReader(input) : new BinaryImaReader(input);
  }
}
