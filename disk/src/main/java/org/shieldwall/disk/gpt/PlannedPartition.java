package org.shieldwall.disk.gpt;

import java.util.UUID;

/**
 * A partition that has no place yet.
 *
 * @param number its place in the table, from 1
 * @param type what is in it, see {@link PartitionType}
 * @param guid its own name
 * @param length in bytes; rounded up to whole blocks
 * @param label at most 36 UTF-16 units
 */
public record PlannedPartition(int number, UUID type, UUID guid, long length, String label) {}
