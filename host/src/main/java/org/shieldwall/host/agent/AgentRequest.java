package org.shieldwall.host.agent;

import java.nio.file.Path;
import java.util.Optional;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.host.migrate.PeerAddress;
import org.shieldwall.host.vm.GuestNetwork;
import org.shieldwall.host.vm.VmDefinition;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ObjectNode;

/** What the fabric's administrator can ask of the agent. The set is closed. */
public sealed interface AgentRequest {
  /** Longest encoding in bytes. */
  int MAX_BYTES = 64 << 10;

  /** Longest time to wait for a guest to shut down, in seconds. */
  int MAX_WAIT = 3600;

  /** Most backups of one VM that can be asked to be kept. */
  int MAX_KEEP = 100_000;

  /** Attest now. */
  record Attest() implements AgentRequest {}

  /** How the host is. */
  record Status() implements AgentRequest {}

  /**
   * Make a VM.
   *
   * @param diskBytes 0 for the template's own size
   */
  record VmCreate(
      String name,
      Path template,
      Path catalog,
      Path data,
      int cpus,
      int memoryMebibytes,
      long diskBytes,
      GuestNetwork network)
      implements AgentRequest {}

  /**
   * Start a VM.
   *
   * @param restore the owner's grant to start from an older state, in a file
   * @param saved what to do with saved memory
   */
  record VmStart(String name, Optional<Path> restore, Request.Saved saved) implements AgentRequest {
    /** From the newest state, and its memory if that was saved. */
    public VmStart(String name) {
      this(name, Optional.empty(), Request.Saved.USE);
    }
  }

  /** Save a VM's memory, and end it. */
  record VmSave(String name) implements AgentRequest {}

  /** Stop a VM. */
  record VmStop(String name, boolean force, int waitSeconds) implements AgentRequest {}

  /**
   * Send a running VM to another host.
   *
   * @param to where that host's agent takes VMs
   */
  record VmMigrate(String name, PeerAddress to) implements AgentRequest {}

  /** Give a migration up that is under way. */
  record VmMigrateCancel(String name) implements AgentRequest {}

  /**
   * Add a VM that does not run to a folder of backups.
   *
   * @param place the folder
   * @param alone whether nothing may be there yet, so that the folder is this one copy
   * @param keep how many backups of this VM stay there; 0 for all
   */
  record VmBackup(String name, Path place, boolean alone, int keep) implements AgentRequest {}

  /**
   * Make a VM of a backup.
   *
   * @param name the VM's in this store
   * @param place the folder of backups
   * @param backup which one; the newest if it is the only VM's there
   */
  record VmImport(String name, Path place, Optional<String> backup) implements AgentRequest {}

  /**
   * Open a door of a VM. One descriptor comes with it: a connected stream socket, whose other end
   * is whoever looks.
   */
  record VmOpen(String name, Request.Door door) implements AgentRequest {}

  /** All VMs. */
  record VmList() implements AgentRequest {}

  /** One VM. */
  record VmShow(String name) implements AgentRequest {}

  /** Delete a VM. */
  record VmDelete(String name) implements AgentRequest {}

  /** {@return the request as it is sent} */
  default byte[] toBytes() {
    ObjectNode json = Json.object();
    switch (this) {
      case Attest ignored -> json.put("do", "attest");
      case Status ignored -> json.put("do", "status");
      case VmList ignored -> json.put("do", "vm-list");
      case VmStart start ->
          json.put("do", "vm-start")
              .put("name", start.name())
              .put("restore", start.restore().map(Path::toString).orElse(null))
              .put("saved", start.saved().word());
      case VmMigrate migrate ->
          json.put("do", "vm-migrate")
              .put("name", migrate.name())
              .put("to", migrate.to().toString());
      case VmMigrateCancel cancel -> json.put("do", "vm-migrate-cancel").put("name", cancel.name());
      case VmBackup backup ->
          json.put("do", "vm-backup")
              .put("name", backup.name())
              .put("place", backup.place().toString())
              .put("alone", backup.alone())
              .put("keep", backup.keep());
      case VmImport wanted ->
          json.put("do", "vm-import")
              .put("name", wanted.name())
              .put("place", wanted.place().toString())
              .put("backup", wanted.backup().orElse(null));
      case VmSave save -> json.put("do", "vm-save").put("name", save.name());
      case VmShow show -> json.put("do", "vm-show").put("name", show.name());
      case VmDelete delete -> json.put("do", "vm-delete").put("name", delete.name());
      case VmOpen open ->
          json.put("do", "vm-open").put("name", open.name()).put("door", open.door().word());
      case VmStop stop ->
          json.put("do", "vm-stop")
              .put("name", stop.name())
              .put("force", stop.force())
              .put("wait", stop.waitSeconds());
      case VmCreate create -> {
        json.put("do", "vm-create")
            .put("name", create.name())
            .put("template", create.template().toString())
            .put("catalog", create.catalog().toString())
            .put("data", create.data().toString())
            .put("cpus", create.cpus())
            .put("memory", create.memoryMebibytes())
            .put("disk", create.diskBytes());
        json.set("network", create.network().toJson());
      }
    }
    return Json.bytes(json);
  }

  /** Reads a request. */
  static AgentRequest parse(byte[] bytes) throws ProtectorException {
    Json json = Json.parse(bytes, "agent request", MAX_BYTES);
    String what = json.at("do").text(40);
    return switch (what) {
      case "attest" -> {
        json.members("do");
        yield new Attest();
      }
      case "status" -> {
        json.members("do");
        yield new Status();
      }
      case "vm-list" -> {
        json.members("do");
        yield new VmList();
      }
      case "vm-start" -> {
        Optional<Json> restore = json.members("do", "name", "restore", "saved").nullable("restore");
        yield new VmStart(
            name(json),
            restore.isPresent() ? Optional.of(path(restore.get())) : Optional.empty(),
            Request.Saved.fromJson(json.at("saved")));
      }
      case "vm-migrate" -> {
        Json to = json.members("do", "name", "to").at("to");
        yield new VmMigrate(
            name(json),
            PeerAddress.parse(to.text(300))
                .orElseThrow(() -> to.malformed(PeerAddress.SHAPE, "another text")));
      }
      case "vm-migrate-cancel" -> new VmMigrateCancel(name(json.members("do", "name")));
      case "vm-backup" -> {
        json.members("do", "name", "place", "alone", "keep");
        yield new VmBackup(
            name(json),
            path(json.at("place")),
            json.at("alone").bool(),
            (int) json.at("keep").number(0, MAX_KEEP));
      }
      case "vm-import" -> {
        Optional<Json> backup = json.members("do", "name", "place", "backup").nullable("backup");
        yield new VmImport(
            name(json),
            path(json.at("place")),
            backup.isPresent() ? Optional.of(backup.get().text(20)) : Optional.empty());
      }
      case "vm-save" -> new VmSave(name(json.members("do", "name")));
      case "vm-show" -> new VmShow(name(json.members("do", "name")));
      case "vm-delete" -> new VmDelete(name(json.members("do", "name")));
      case "vm-stop" -> {
        json.members("do", "name", "force", "wait");
        yield new VmStop(
            name(json), json.at("force").bool(), (int) json.at("wait").number(0, MAX_WAIT));
      }
      case "vm-open" -> {
        json.members("do", "name", "door");
        yield new VmOpen(name(json), Request.Door.fromJson(json.at("door")));
      }
      case "vm-create" -> create(json);
      default -> throw json.at("do").malformed("a known request", '"' + what + '"');
    };
  }

  private static VmCreate create(Json json) throws ProtectorException {
    json.members("do", "name", "template", "catalog", "data", "cpus", "memory", "disk", "network");
    return new VmCreate(
        name(json),
        path(json.at("template")),
        path(json.at("catalog")),
        path(json.at("data")),
        (int) json.at("cpus").number(1, VmDefinition.MAX_CPUS),
        (int) json.at("memory").number(VmDefinition.MIN_MEMORY, VmDefinition.MAX_MEMORY),
        json.at("disk").number(0, Json.MAX_NUMBER),
        GuestNetwork.fromJson(json.at("network")));
  }

  private static String name(Json json) throws ProtectorException {
    String name = json.at("name").text(63);
    if (!VmDefinition.isName(name)) {
      throw json.at("name").malformed("lower-case letters, digits and hyphens", '"' + name + '"');
    }
    return name;
  }

  private static Path path(Json json) throws ProtectorException {
    Path path = Path.of(json.text(4000));
    if (!path.isAbsolute()) {
      throw json.malformed("an absolute path", path.toString());
    }
    return path;
  }
}
