package org.shieldwall.enclave.message;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ObjectNode;

/** Requests as JSON. */
public final class RequestCodec {
  private static final int MAX_NAME = 63;

  private RequestCodec() {}

  /** {@return the request as its JSON bytes} */
  public static byte[] encode(Request request) {
    ObjectNode json = Json.object();
    switch (request) {
      case Request.Keys ignored -> json.put("type", "keys");
      case Request.Prepare prepare ->
          json.put("type", "prepare")
              .put("purpose", word(prepare.purpose()))
              .set("protector", prepare.protector());
      case Request.Provision provision -> {
        json.put("type", "provision").put("session", provision.session());
        json.set("release", provision.release());
        json.set("shieldingData", provision.shieldingData());
        json.set("catalog", provision.catalog());
        json.put("directory", provision.directory().toString())
            .put("diskBytes", provision.diskBytes());
      }
      case Request.Receive receive -> {
        json.put("type", "receive").put("session", receive.session());
        json.set("release", receive.release());
        put(json, receive.directory(), receive.definition(), receive.network());
      }
      case Request.Start start -> {
        json.put("type", "start").put("session", start.session());
        json.set("release", start.release());
        put(json, start.directory(), start.definition(), start.network());
        json.put("saved", start.saved().word());
      }
      case Request.Stop stop ->
          json.put("type", "stop")
              .put("vm", stop.vm().toString())
              .put("how", word(stop.how()))
              .put("wait", stop.waitSeconds());
      case Request.Offer offer ->
          json.put("type", "offer").put("vm", offer.vm().toString()).put("to", offer.to());
      case Request.Send send -> json.put("type", "send").put("vm", send.vm().toString());
      case Request.TakeBack back -> json.put("type", "take-back").put("vm", back.vm().toString());
      case Request.Save save -> json.put("type", "save").put("vm", save.vm().toString());
      case Request.Open open ->
          json.put("type", "open").put("vm", open.vm().toString()).put("door", open.door().word());
      case Request.Report report -> json.put("type", "report").put("vm", report.vm().toString());
      case Request.Leased leased ->
          json.put("type", "leased").put("vm", leased.vm().toString()).set("lease", leased.lease());
      case Request.Status status -> {
        json.put("type", "status");
        status.vm().ifPresentOrElse(vm -> json.put("vm", vm.toString()), () -> json.putNull("vm"));
      }
    }
    return Json.bytes(json);
  }

  private static void put(
      ObjectNode json, Path directory, Request.Definition definition, Request.Network network) {
    json.put("directory", directory.toString());
    json.putObject("definition")
        .put("name", definition.name())
        .put("cpus", definition.cpus())
        .put("memory", definition.memoryMebibytes());
    json.put("network", word(network));
  }

  /** {@return the request in {@code bytes}} Anything else than a known one is refused. */
  public static Request decode(byte[] bytes) throws ProtectorException {
    Json json = Json.parseMessage(bytes, "enclave request", Frames.LARGEST);
    return switch (json.at("type").text(20)) {
      case "keys" -> {
        json.members("type");
        yield new Request.Keys();
      }
      case "prepare" -> {
        json.members("type", "purpose", "protector");
        yield new Request.Prepare(
            choice(json.at("purpose"), Request.Purpose.values()), json.at("protector").node());
      }
      case "provision" -> provision(json);
      case "start" -> start(json);
      case "stop" -> {
        json.members("type", "vm", "how", "wait");
        yield new Request.Stop(
            json.at("vm").uuid(),
            choice(json.at("how"), Request.How.values()),
            (int) json.at("wait").number(0, 3600));
      }
      case "offer" -> {
        json.members("type", "vm", "to");
        yield new Request.Offer(json.at("vm").uuid(), json.at("to").keyId().text());
      }
      case "send" -> new Request.Send(json.members("type", "vm").at("vm").uuid());
      case "take-back" -> new Request.TakeBack(json.members("type", "vm").at("vm").uuid());
      case "receive" -> receive(json);
      case "save" -> new Request.Save(json.members("type", "vm").at("vm").uuid());
      case "open" -> {
        json.members("type", "vm", "door");
        yield new Request.Open(json.at("vm").uuid(), Request.Door.fromJson(json.at("door")));
      }
      case "report" -> new Request.Report(json.members("type", "vm").at("vm").uuid());
      case "leased" -> {
        json.members("type", "vm", "lease");
        yield new Request.Leased(json.at("vm").uuid(), json.at("lease").node());
      }
      case "status" -> {
        json.members("type", "vm");
        var vm = json.nullable("vm");
        yield new Request.Status(
            vm.isEmpty() ? java.util.Optional.empty() : java.util.Optional.of(vm.get().uuid()));
      }
      default -> throw json.at("type").malformed("a known type", "another");
    };
  }

  private static Request provision(Json json) throws ProtectorException {
    json.members(
        "type", "session", "release", "shieldingData", "catalog", "directory", "diskBytes");
    return new Request.Provision(
        json.at("session").text(64),
        json.at("release").node(),
        json.at("shieldingData").node(),
        json.at("catalog").node(),
        path(json.at("directory")),
        json.at("diskBytes").number(0, 1L << 46));
  }

  private static Request start(Json json) throws ProtectorException {
    json.members("type", "session", "release", "directory", "definition", "network", "saved");
    return new Request.Start(
        json.at("session").text(64),
        json.at("release").node(),
        path(json.at("directory")),
        definition(json.at("definition")),
        choice(json.at("network"), Request.Network.values()),
        Request.Saved.fromJson(json.at("saved")));
  }

  private static Request receive(Json json) throws ProtectorException {
    json.members("type", "session", "release", "directory", "definition", "network");
    return new Request.Receive(
        json.at("session").text(64),
        json.at("release").node(),
        path(json.at("directory")),
        definition(json.at("definition")),
        choice(json.at("network"), Request.Network.values()));
  }

  private static Request.Definition definition(Json json) throws ProtectorException {
    json.members("name", "cpus", "memory");
    return new Request.Definition(
        json.at("name").text(MAX_NAME),
        (int) json.at("cpus").number(1, 64),
        (int) json.at("memory").number(128, 1 << 20));
  }

  private static Path path(Json json) throws ProtectorException {
    try {
      Path path = Path.of(json.text(1000));
      if (path.isAbsolute() && path.equals(path.normalize())) {
        return path;
      }
    } catch (InvalidPathException e) {
      // Refused below, as a relative one is.
    }
    throw json.malformed("an absolute path", "another");
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  static <E extends Enum<E>> E choice(Json json, E[] values) throws ProtectorException {
    String text = json.text(30);
    for (E value : values) {
      if (word(value).equals(text)) {
        return value;
      }
    }
    throw json.malformed(
        "one of " + List.of(values).toString().toLowerCase(Locale.ROOT), "another");
  }
}
