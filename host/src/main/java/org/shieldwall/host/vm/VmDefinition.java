package org.shieldwall.host.vm;

import java.util.UUID;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the fabric chooses about a VM: {@code vm.json} in its directory (docs/formats.md). No
 * secret, and nothing in it is trusted.
 *
 * @param name the VM's name in this store
 * @param id the VM's id, as its key protector has it
 * @param cpus virtual processors
 * @param memoryMebibytes memory
 * @param network what its network card is connected to
 */
public record VmDefinition(
    String name, UUID id, int cpus, int memoryMebibytes, GuestNetwork network) {
  private static final String FORMAT = "shieldwall-vm-1";
  private static final int MAX_BYTES = 64 << 10;
  private static final String NAME = "[a-z0-9][a-z0-9-]{0,62}";
  public static final int MAX_CPUS = 64;
  public static final int MIN_MEMORY = 128;
  public static final int MAX_MEMORY = 1 << 20;

  /** {@return whether a VM can have this name: it becomes a folder's} */
  public static boolean isName(String name) {
    return name.matches(NAME);
  }

  /** Reads {@code vm.json}. */
  public static VmDefinition parse(byte[] bytes) throws ProtectorException {
    Json json = Json.parse(bytes, "VM definition", MAX_BYTES);
    json.format(FORMAT).members("format", "name", "id", "cpus", "memory", "network");
    return new VmDefinition(
        json.at("name").text(63),
        json.at("id").uuid(),
        (int) json.at("cpus").number(1, MAX_CPUS),
        (int) json.at("memory").number(MIN_MEMORY, MAX_MEMORY),
        GuestNetwork.fromJson(json.at("network")));
  }

  /** {@return the same under another name} */
  VmDefinition named(String other) {
    return new VmDefinition(other, id, cpus, memoryMebibytes, network);
  }

  /** {@return the document} */
  public ObjectNode toJson() {
    ObjectNode json =
        Json.object()
            .put("format", FORMAT)
            .put("name", name)
            .put("id", id.toString())
            .put("cpus", cpus)
            .put("memory", memoryMebibytes);
    json.set("network", network.toJson());
    return json;
  }
}
