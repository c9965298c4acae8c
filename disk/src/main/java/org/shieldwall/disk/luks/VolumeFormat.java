package org.shieldwall.disk.luks;

import java.util.UUID;

/**
 * What a new volume is to be.
 *
 * @param uuid its own name
 * @param label at most 47 ASCII characters; a guest finds the volume by it
 * @param sectorSize 512 or 4096; a file system on it must use blocks at least as large
 * @param token a JSON object that names keyslot 0, see {@code seal}
 */
public record VolumeFormat(UUID uuid, String label, int sectorSize, String token) {}
