package org.shieldwall.host.vm.backup;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a backup holds (formats.md, "Backup"). It guards against accidents; against whoever wants to
 * alter a VM stand the VM's own keys and the key protection service.
 *
 * @param id names it among the backups of one place: the moment it was made
 * @param vm the VM's id
 * @param name the VM's name when it was made
 * @param generation of its state
 * @param saved whether it holds saved memory
 */
public record BackupManifest(
    String id,
    UUID vm,
    String name,
    long generation,
    boolean saved,
    Instant created,
    List<BackedUpFile> files) {
  static final String FORMAT = "shieldwall-backup-1";
  static final int MAX_BYTES = 64 << 20;
  private static final int MAX_FILES = 10_000;
  private static final int MAX_BLOCKS = 900_000;
  private static final Pattern ID = Pattern.compile("[0-9]{8}T[0-9]{6}\\.[0-9]{3}Z");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}|" + BackedUpFile.HOLE);

  /** Copies the list. */
  public BackupManifest {
    files = List.copyOf(files);
  }

  /** {@return whether a backup can be called so} */
  public static boolean isId(String id) {
    return ID.matcher(id).matches();
  }

  /** {@return how many bytes the VM's files have} */
  public long bytes() {
    return files.stream().mapToLong(BackedUpFile::bytes).sum();
  }

  ObjectNode toJson() {
    ObjectNode json =
        Json.object()
            .put("format", FORMAT)
            .put("id", id)
            .put("vm", vm.toString())
            .put("name", name)
            .put("generation", generation)
            .put("saved", saved)
            .put("created", created.toString());
    ArrayNode list = json.putArray("files");
    for (BackedUpFile file : files) {
      ArrayNode blocks =
          list.addObject().put("path", file.path()).put("bytes", file.bytes()).putArray("blocks");
      file.blocks().forEach(blocks::add);
    }
    return json;
  }

  static BackupManifest parse(byte[] bytes) throws ProtectorException {
    Json json = Json.parse(bytes, "backup", MAX_BYTES);
    json.format(FORMAT)
        .members("format", "id", "vm", "name", "generation", "saved", "created", "files");
    String id = json.at("id").text(20);
    if (!isId(id)) {
      throw json.at("id").malformed("a moment like 20260131T120000.000Z", '"' + id + '"');
    }
    List<BackedUpFile> files = new ArrayList<>();
    for (Json file : json.at("files").list(1, MAX_FILES)) {
      files.add(file(file));
    }
    return new BackupManifest(
        id,
        json.at("vm").uuid(),
        json.at("name").text(63),
        json.at("generation").number(1, Json.MAX_NUMBER),
        json.at("saved").bool(),
        json.at("created").time(),
        files);
  }

  private static BackedUpFile file(Json json) throws ProtectorException {
    json.members("path", "bytes", "blocks");
    String path = json.at("path").text(300);
    if (!BackedUpFile.isPath(path)) {
      throw json.at("path").malformed("a path below the VM's folder", '"' + path + '"');
    }
    long bytes = json.at("bytes").number(0, 1L << 50);
    List<String> blocks = new ArrayList<>();
    for (Json block : json.at("blocks").list(0, MAX_BLOCKS)) {
      String digest = block.text(64);
      if (!DIGEST.matcher(digest).matches()) {
        throw block.malformed("64 digits of lower-case hex, or zeros", "another");
      }
      blocks.add(digest);
    }
    if (blocks.size() != BackedUpFile.count(bytes)) {
      throw json.at("blocks").malformed(BackedUpFile.count(bytes) + " blocks", "" + blocks.size());
    }
    return new BackedUpFile(path, bytes, blocks);
  }
}
