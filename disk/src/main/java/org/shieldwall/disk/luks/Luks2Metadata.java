package org.shieldwall.disk.luks;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The JSON part of a header, in the one shape we write: AES-256-XTS, keyslots under PBKDF2, one
 * segment to the end of the volume, one digest.
 *
 * @param keyslots by number
 * @param tokens by number, each a JSON object
 * @param sectorSize of the segment: 512 or 4096
 * @param digest of the volume key
 */
record Luks2Metadata(
    List<Keyslot> keyslots, SortedMap<Integer, String> tokens, int sectorSize, KeyDigest digest) {

  static final String CIPHER = "aes-xts-plain64";

  Luks2Metadata {
    keyslots = List.copyOf(keyslots);
    tokens = new TreeMap<>(tokens);
  }
}
