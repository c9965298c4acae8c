package org.shieldwall.evidence;

import java.util.HashSet;
import java.util.Set;
import org.shieldwall.evidence.eventlog.SignatureEntry;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * What Secure Boot must refuse to run: entries that the forbidden signatures (dbx) have to hold.
 *
 * @param entries each as {@code KIND:HEX}, e.g. {@code sha256:80b4…}
 */
public record Revocations(Set<String> entries) {
  private static final int TIME = 16;
  private static final int CERTIFICATE = 8;
  private static final int REVISION = 0x0200;
  private static final int GUID_CERTIFICATE = 0x0EF1;

  /** Real lists have some 500. */
  private static final int MOST = 20_000;

  /** Nothing required: the check fails where it is on. */
  public static final Revocations NONE = new Revocations(Set.of());

  /** Keeps its own copy of the set. */
  public Revocations {
    entries = Set.copyOf(entries);
  }

  /** {@return how an entry of a signature database is named here} */
  public static String entry(SignatureEntry entry) {
    return entry.kind() + ":" + entry.sha256().hex();
  }

  /**
   * Reads an update of dbx as its publisher signs it, EFI_VARIABLE_AUTHENTICATION_2 before the
   * lists (UEFI section 8.2.2), or the lists alone. Its signature is not checked: whoever names it
   * in a policy answers for it.
   */
  public static Revocations parse(byte[] update) throws MalformedException {
    Bytes all = Bytes.of(update);
    ByteReader in = ByteReader.littleEndian(update, "EFI_VARIABLE_AUTHENTICATION_2");
    if (update.length >= TIME + CERTIFICATE) {
      in.bytes(TIME, "timeStamp");
      long length = in.u32("dwLength");
      int revision = in.u16("wRevision");
      int type = in.u16("wCertificateType");
      if (revision == REVISION && type == GUID_CERTIFICATE && length <= update.length - TIME) {
        all = all.slice(TIME + (int) length, update.length);
      }
    }
    Set<String> entries = new HashSet<>();
    SignatureEntry.parse(all, MOST).forEach(each -> entries.add(entry(each)));
    return new Revocations(entries);
  }
}
