package org.shieldwall.evidence.eventlog;

import java.nio.charset.StandardCharsets;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * A UEFI variable as measured: UEFI_VARIABLE_DATA (PFP section 10.2.6).
 *
 * @param vendor the vendor's GUID, lower case
 * @param name its name
 * @param value its value
 */
public record EfiVariable(String vendor, String name, Bytes value) {
  /** EFI_GLOBAL_VARIABLE: SecureBoot, PK, KEK (UEFI section 3.3). */
  public static final String GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c";

  /** EFI_IMAGE_SECURITY_DATABASE_GUID: db, dbx, dbt, dbr (UEFI section 32.4.1). */
  public static final String SECURITY_DATABASE = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";

  /** SHIM_LOCK_GUID: shim's own variables. */
  public static final String SHIM = "605dab50-e046-4300-abb6-3dd810dd8b23";

  private static final int[] GUID_ORDER = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

  /** Longest name; real ones stay under 40 characters. */
  private static final int LONGEST_NAME = 1024;

  /**
   * Reads a variable.
   *
   * @param offset where the data stands in the log, for messages
   * @param tail how many bytes may follow the value: none, but for a firmware quirk
   */
  static EfiVariable parse(Bytes data, long offset, int tail) throws MalformedException {
    ByteReader in = ByteReader.littleEndian(data.toArray(), "UEFI_VARIABLE_DATA");
    try {
      String vendor = guid(in.bytes(16, "variableName"));
      long nameLength = in.u64("unicodeNameLength");
      long valueLength = in.u64("variableDataLength");
      if (nameLength < 0 || nameLength > LONGEST_NAME) {
        throw in.malformed("a name of at most " + LONGEST_NAME + " characters", "a longer one");
      }
      String name = new String(in.bytes(2 * nameLength, "unicodeName"), StandardCharsets.UTF_16LE);
      Bytes value = in.fixed(valueLength, "variableData");
      if (in.remaining() > tail) {
        throw in.malformed("the end", in.remaining() + " more bytes");
      }
      return new EfiVariable(vendor, Texts.withoutTerminator(name), value);
    } catch (MalformedException e) {
      throw new MalformedException(e.structure(), offset + e.offset(), e.expected(), e.found());
    }
  }

  /** {@return a GUID in its usual spelling: the first three fields are little-endian} */
  static String guid(byte[] guid) {
    byte[] text = new byte[36];
    int at = 0;
    for (int i = 0; i < GUID_ORDER.length; i++) {
      if (i == 4 || i == 6 || i == 8 || i == 10) {
        text[at++] = '-';
      }
      byte each = guid[GUID_ORDER[i]];
      text[at++] = (byte) Character.forDigit((each >> 4) & 0xF, 16);
      text[at++] = (byte) Character.forDigit(each & 0xF, 16);
    }
    return new String(text, StandardCharsets.ISO_8859_1);
  }
}
