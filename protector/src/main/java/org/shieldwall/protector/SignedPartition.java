package org.shieldwall.protector;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Objects;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One partition of a template: where it stands, and the digest of each of its blocks. Immutable.
 */
public final class SignedPartition {
  /** Bytes in a block; the last may be shorter. */
  public static final int BLOCK_BYTES = 1 << 20;

  private static final int MAX_INDEX = 128;
  private static final int MAX_LABEL = 36;
  private static final long MAX_LENGTH = 1L << 40;
  private static final int SECTOR = 512;

  private final int index;
  private final UUID type;
  private final String label;
  private final long length;
  private final byte[] blocks;

  private SignedPartition(int index, UUID type, String label, long length, byte[] blocks) {
    this.index = index;
    this.type = type;
    this.label = label;
    this.length = length;
    this.blocks = blocks;
  }

  /**
   * {@return a partition to sign}
   *
   * @param index its number in the GPT, from 1
   * @param type its GPT type
   * @param label its GPT name, may be empty
   * @param length in bytes, a multiple of 512
   * @param blocks SHA-256 of each block, 32 bytes each, one after the other
   */
  public static SignedPartition of(int index, UUID type, String label, long length, byte[] blocks) {
    if (index < 1 || index > MAX_INDEX || label.length() > MAX_LABEL) {
      throw new IllegalArgumentException("partition number or label out of range");
    }
    if (length < SECTOR || length > MAX_LENGTH || length % SECTOR != 0) {
      throw new IllegalArgumentException("partition length out of range");
    }
    if (blocks.length != Digest.BYTES * blockCount(length)) {
      throw new IllegalArgumentException("not one digest for each block");
    }
    return new SignedPartition(index, type, label, length, blocks.clone());
  }

  static SignedPartition fromJson(Json json) throws ProtectorException {
    json.members("index", "type", "label", "length", "blocks");
    long length = json.at("length").number(SECTOR, MAX_LENGTH);
    if (length % SECTOR != 0) {
      throw json.at("length").malformed("a multiple of 512", String.valueOf(length));
    }
    int count = (int) blockCount(length);
    byte[] blocks = new byte[Digest.BYTES * count];
    int at = 0;
    for (Json block : json.at("blocks").list(count, count)) {
      System.arraycopy(block.hex(Digest.BYTES), 0, blocks, at, Digest.BYTES);
      at += Digest.BYTES;
    }
    return new SignedPartition(
        (int) json.at("index").number(1, MAX_INDEX),
        json.at("type").uuid(),
        json.at("label").textOrEmpty(MAX_LABEL),
        length,
        blocks);
  }

  ObjectNode toJson() {
    ObjectNode json =
        Json.object()
            .put("index", index)
            .put("type", type.toString())
            .put("label", label)
            .put("length", length);
    ArrayNode list = json.putArray("blocks");
    for (int at = 0; at < blocks.length; at += Digest.BYTES) {
      list.add(HexFormat.of().formatHex(blocks, at, at + Digest.BYTES));
    }
    return json;
  }

  /** {@return its number in the GPT, from 1} */
  public int index() {
    return index;
  }

  /** {@return its GPT type} */
  public UUID type() {
    return type;
  }

  /** {@return its GPT name} */
  public String label() {
    return label;
  }

  /** {@return its length in bytes} */
  public long length() {
    return length;
  }

  public int blockCount() {
    return blocks.length / Digest.BYTES;
  }

  /** {@return how many bytes block {@code block} (from 0) has} */
  public int blockLength(int block) {
    Objects.checkIndex(block, blockCount());
    return (int) Math.min(BLOCK_BYTES, length - (long) block * BLOCK_BYTES);
  }

  /** {@return the SHA-256 of block {@code block}, from 0} */
  public byte[] block(int block) {
    Objects.checkIndex(block, blockCount());
    return java.util.Arrays.copyOfRange(blocks, block * Digest.BYTES, (block + 1) * Digest.BYTES);
  }

  /** {@return whether block {@code block} (from 0) has this SHA-256} */
  public boolean matches(int block, byte[] sha256) {
    return MessageDigest.isEqual(block(block), sha256);
  }

  private static long blockCount(long length) {
    return (length + BLOCK_BYTES - 1) / BLOCK_BYTES;
  }

  @Override
  public String toString() {
    return "SignedPartition[" + index + ", " + label + ", " + length + " bytes]";
  }
}
