package org.shieldwall.host.vm.backup;

import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;

/** Opens the reader of a backup's list of files to its fuzz target. */
public final class BackupReading {
  private BackupReading() {}

  /** {@return whether what is read reads the same again as printed} */
  public static boolean readsAsPrinted(byte[] manifest) throws ProtectorException {
    BackupManifest read = BackupManifest.parse(manifest);
    return BackupManifest.parse(Json.bytes(read.toJson())).equals(read);
  }
}
