package org.shieldwall.disk.luks;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.tpm.MalformedException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Metadata as JSON (LUKS2 On-Disk Format 1.1.1, section 3). Numbers that may pass 2^53 are strings
 * there. A member this shape does not have is refused: what cannot be understood cannot be judged
 * to be ours.
 */
final class MetadataJson {
  private static final int MOST_ITERATIONS = 10_000_000;
  private static final int MOST_ENTRIES = 32;
  private static final String KEY_BYTES = Integer.toString(AesXts.KEY_LENGTH);

  private MetadataJson() {}

  static byte[] write(Luks2Metadata metadata) {
    ObjectNode root = StrictJson.object();
    ObjectNode keyslots = root.putObject("keyslots");
    for (Keyslot one : metadata.keyslots()) {
      writeKeyslot(keyslots.putObject(Integer.toString(one.number())), one);
    }
    ObjectNode tokens = root.putObject("tokens");
    metadata
        .tokens()
        .forEach((number, token) -> tokens.set(Integer.toString(number), StrictJson.own(token)));
    root.putObject("segments")
        .putObject("0")
        .put("type", "crypt")
        .put("offset", Long.toString(Luks2Layout.DATA_OFFSET))
        .put("size", "dynamic")
        .put("iv_tweak", "0")
        .put("encryption", Luks2Metadata.CIPHER)
        .put("sector_size", metadata.sectorSize());
    writeDigest(root.putObject("digests").putObject("0"), metadata);
    root.putObject("config")
        .put("json_size", Integer.toString(Luks2Layout.JSON))
        .put("keyslots_size", Long.toString(Luks2Layout.KEYSLOTS_SIZE));
    return root.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void writeKeyslot(ObjectNode out, Keyslot keyslot) {
    out.put("type", "luks2").put("key_size", AesXts.KEY_LENGTH);
    out.putObject("af")
        .put("type", "luks1")
        .put("stripes", AntiForensic.STRIPES)
        .put("hash", AntiForensic.HASH);
    out.putObject("area")
        .put("type", "raw")
        .put("offset", Long.toString(keyslot.offset()))
        .put("size", Long.toString(keyslot.size()))
        .put("encryption", Luks2Metadata.CIPHER)
        .put("key_size", AesXts.KEY_LENGTH);
    out.putObject("kdf")
        .put("type", "pbkdf2")
        .put("hash", keyslot.hash().label)
        .put("iterations", keyslot.iterations())
        .put("salt", keyslot.salt());
  }

  private static void writeDigest(ObjectNode out, Luks2Metadata metadata) {
    out.put("type", "pbkdf2");
    ArrayNode keyslots = out.putArray("keyslots");
    metadata.keyslots().forEach(one -> keyslots.add(Integer.toString(one.number())));
    out.putArray("segments").add("0");
    out.put("hash", Pbkdf2.Hash.SHA256.label)
        .put("iterations", metadata.digest().iterations())
        .put("salt", metadata.digest().salt())
        .put("digest", metadata.digest().value());
  }

  static Luks2Metadata parse(byte[] json) throws MalformedException {
    StrictJson root = StrictJson.parse(json, "LUKS2 metadata");
    root.only("keyslots", "tokens", "segments", "digests", "config");
    StrictJson config = root.object("config");
    config.only("json_size", "keyslots_size");
    config.same("json_size", Integer.toString(Luks2Layout.JSON));
    config.same("keyslots_size", Long.toString(Luks2Layout.KEYSLOTS_SIZE));
    List<Keyslot> keyslots = keyslots(root.object("keyslots"));
    return new Luks2Metadata(
        keyslots,
        tokens(root.object("tokens")),
        sectorSize(root.object("segments")),
        digest(root.object("digests"), keyslots));
  }

  private static List<Keyslot> keyslots(StrictJson slots) throws MalformedException {
    List<Keyslot> out = new ArrayList<>();
    for (int number : slots.numbers(MOST_ENTRIES)) {
      Keyslot one = keyslot(number, slots.object(Integer.toString(number)));
      for (Keyslot other : out) {
        if (one.offset() < other.offset() + other.size()
            && other.offset() < one.offset() + one.size()) {
          throw slots.malformed("areas that do not overlap", "keyslot " + number);
        }
      }
      out.add(one);
    }
    return out;
  }

  private static Keyslot keyslot(int number, StrictJson in) throws MalformedException {
    in.only("type", "key_size", "af", "area", "kdf");
    in.same("type", "luks2");
    in.same("key_size", KEY_BYTES);
    StrictJson af = in.object("af");
    af.only("type", "stripes", "hash");
    af.same("type", "luks1");
    af.same("stripes", Integer.toString(AntiForensic.STRIPES));
    StrictJson area = in.object("area");
    area.only("type", "offset", "size", "encryption", "key_size");
    area.same("type", "raw");
    area.same("encryption", Luks2Metadata.CIPHER);
    area.same("key_size", KEY_BYTES);
    long size = area.decimal("size", AesXts.KEY_LENGTH * AntiForensic.STRIPES, 1 << 20);
    long offset =
        area.decimal("offset", Luks2Layout.KEYSLOTS_OFFSET, Luks2Layout.DATA_OFFSET - size);
    StrictJson kdf = in.object("kdf");
    kdf.only("type", "hash", "iterations", "salt");
    kdf.same("type", "pbkdf2");
    int iterations = kdf.integer("iterations", 1, MOST_ITERATIONS);
    return new Keyslot(number, hash(kdf), iterations, kdf.base64("salt", 1, 64), offset, size);
  }

  private static Pbkdf2.Hash hash(StrictJson kdf) throws MalformedException {
    String found = kdf.text("hash");
    for (Pbkdf2.Hash one : Pbkdf2.Hash.values()) {
      if (one.label.equals(found)) {
        return one;
      }
    }
    throw kdf.malformed("hash sha256 or sha512", found);
  }

  private static SortedMap<Integer, String> tokens(StrictJson in) throws MalformedException {
    SortedMap<Integer, String> out = new TreeMap<>();
    for (int number : in.numbers(MOST_ENTRIES)) {
      StrictJson token = in.object(Integer.toString(number));
      token.text("type");
      out.put(number, token.toString());
    }
    return out;
  }

  private static int sectorSize(StrictJson segments) throws MalformedException {
    segments.only("0");
    StrictJson in = segments.object("0");
    in.only("type", "offset", "size", "iv_tweak", "encryption", "sector_size");
    in.same("type", "crypt");
    in.same("offset", Long.toString(Luks2Layout.DATA_OFFSET));
    in.same("size", "dynamic");
    in.same("iv_tweak", "0");
    in.same("encryption", Luks2Metadata.CIPHER);
    int size = in.integer("sector_size", 512, 4096);
    if (size != 512 && size != 4096) {
      throw in.malformed("sector_size 512 or 4096", Integer.toString(size));
    }
    return size;
  }

  private static KeyDigest digest(StrictJson digests, List<Keyslot> keyslots)
      throws MalformedException {
    digests.only("0");
    StrictJson in = digests.object("0");
    in.only("type", "keyslots", "segments", "hash", "iterations", "salt", "digest");
    in.same("type", "pbkdf2");
    in.same("hash", Pbkdf2.Hash.SHA256.label);
    in.same("segments", "[\"0\"]");
    List<String> named = keyslots.stream().map(one -> "\"" + one.number() + "\"").toList();
    in.same("keyslots", "[" + String.join(",", named) + "]");
    return new KeyDigest(
        in.integer("iterations", 1, MOST_ITERATIONS),
        in.base64("salt", 1, 64),
        in.base64("digest", KeyDigest.LENGTH, KeyDigest.LENGTH));
  }
}
