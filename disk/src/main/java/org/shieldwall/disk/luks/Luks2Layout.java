package org.shieldwall.disk.luks;

/**
 * Where things stand in a volume of ours, in bytes: the places cryptsetup 2.6 chooses by default
 * (LUKS2 On-Disk Format 1.1.1, section 2).
 */
public final class Luks2Layout {
  /** Everything before the encrypted data: two headers and the keyslot area. */
  public static final long DATA_OFFSET = 16L << 20;

  /** One header: 4 KiB binary and 12 KiB JSON. There are two, one after the other. */
  static final int HEADER = 16 * 1024;

  static final int BINARY = 4096;
  static final int JSON = HEADER - BINARY;
  static final int KEYSLOTS_OFFSET = 2 * HEADER;
  static final long KEYSLOTS_SIZE = DATA_OFFSET - KEYSLOTS_OFFSET;

  /** The split key, rounded up to whole 4 KiB. */
  static final int KEYSLOT_SIZE = 258_048;

  /** Keyslots are encrypted in sectors of 512 bytes whatever the data's sectors are. */
  static final int KEYSLOT_SECTOR = 512;

  private Luks2Layout() {}
}
