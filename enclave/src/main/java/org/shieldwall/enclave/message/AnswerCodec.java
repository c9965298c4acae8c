package org.shieldwall.enclave.message;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers as JSON. */
public final class AnswerCodec {
  private AnswerCodec() {}

  /** {@return the answer as its JSON bytes} */
  public static byte[] encode(Answer answer) {
    ObjectNode json = Json.object();
    switch (answer) {
      case Answer.Progress progress ->
          json.put("type", "progress")
              .put("stage", progress.stage())
              .put("done", progress.done())
              .put("total", progress.total());
      case Answer.EnclaveKeys keys -> {
        json.put("type", "keys").put("id", keys.id());
        json.set("keys", keys.keys());
        json.set("confinement", confinement(keys.confinement()));
      }
      case Answer.Prepared prepared ->
          json.put("type", "prepared")
              .put("session", prepared.session())
              .set("request", prepared.request());
      case Answer.Provisioned provisioned ->
          json.put("type", "provisioned").put("vm", provisioned.vm().toString());
      case Answer.Started started ->
          json.put("type", "started")
              .put("vm", started.vm().toString())
              .put("accelerator", started.accelerator())
              .put("generation", started.generation())
              .put("resumed", started.resumed())
              .put("milliseconds", Math.round(started.seconds() * 1000));
      case Answer.Stopped stopped ->
          json.put("type", "stopped")
              .put("vm", stopped.vm().toString())
              .put("how", stopped.how())
              .put("milliseconds", Math.round(stopped.seconds() * 1000));
      case Answer.Saved saved ->
          json.put("type", "saved")
              .put("vm", saved.vm().toString())
              .put("bytes", saved.bytes())
              .put("milliseconds", Math.round(saved.seconds() * 1000));
      case Answer.Sent sent ->
          json.put("type", "sent")
              .put("vm", sent.vm().toString())
              .put("bytes", sent.bytes())
              .put("haltedMilliseconds", Math.round(sent.haltedSeconds() * 1000))
              .put("milliseconds", Math.round(sent.seconds() * 1000));
      case Answer.TakenBack back -> json.put("type", "taken-back").put("vm", back.vm().toString());
      case Answer.Opened opened -> json.put("type", "opened").put("vm", opened.vm().toString());
      case Answer.Reported reported ->
          json.put("type", "reported")
              .put("vm", reported.vm().toString())
              .set("report", reported.report());
      case Answer.Leased leased ->
          json.put("type", "leased")
              .put("vm", leased.vm().toString())
              .set("lease", lease(leased.lease()));
      case Answer.EnclaveStatus status -> status(json, status);
      case Answer.Refused refused ->
          json.put("type", "refused")
              .put("code", refused.code())
              .put("detail", refused.detail())
              .put("remedy", refused.remedy());
    }
    return Json.bytes(json);
  }

  private static void status(ObjectNode json, Answer.EnclaveStatus status) {
    json.put("type", "status").put("id", status.id());
    json.set("confinement", confinement(status.confinement()));
    ArrayNode protections = json.putArray("protections");
    for (Answer.Protection each : status.protections()) {
      protections.addObject().put("name", each.name()).put("on", each.on()).put("why", each.why());
    }
    json.putObject("accelerator")
        .put("name", status.accelerator().name())
        .put("why", status.accelerator().why());
    ArrayNode vms = json.putArray("vms");
    for (Answer.RunningVm vm : status.vms()) {
      ObjectNode each =
          vms.addObject()
              .put("vm", vm.vm().toString())
              .put("name", vm.name())
              .put("state", vm.state())
              .put("accelerator", vm.accelerator())
              .put("generation", vm.generation())
              .put(
                  "since",
                  vm.since().truncatedTo(java.time.temporal.ChronoUnit.SECONDS).toString());
      vm.reason().ifPresentOrElse(r -> each.put("reason", r), () -> each.putNull("reason"));
      each.set("lease", lease(vm.lease()));
    }
  }

  private static ObjectNode lease(Answer.VmLease lease) {
    return Json.object()
        .put("standing", lease.standing())
        .put("left", lease.left())
        .put("whole", lease.whole());
  }

  private static Answer.VmLease lease(Json json) throws ProtectorException {
    json.members("standing", "left", "whole");
    return new Answer.VmLease(
        json.at("standing").text(20), count(json.at("left")), count(json.at("whole")));
  }

  private static ObjectNode confinement(Answer.Confinement confinement) {
    ObjectNode json =
        Json.object()
            .put("uid", confinement.uid())
            .put("ownUser", confinement.ownUser())
            .put("ownNetwork", confinement.ownNetwork())
            .put("memoryLocked", confinement.memoryLocked())
            .put("secrets", confinement.secrets());
    ArrayNode weaker = json.putArray("weaker");
    confinement.weaker().forEach(weaker::add);
    return json;
  }

  /** {@return the answer in {@code bytes}} */
  public static Answer decode(byte[] bytes) throws ProtectorException {
    Json json = Json.parse(bytes, "enclave answer", Frames.LARGEST);
    return switch (json.at("type").text(20)) {
      case "progress" -> {
        json.members("type", "stage", "done", "total");
        yield new Answer.Progress(
            json.at("stage").text(100), count(json.at("done")), count(json.at("total")));
      }
      case "keys" -> {
        json.members("type", "id", "keys", "confinement");
        yield new Answer.EnclaveKeys(
            json.at("keys").node(), json.at("id").text(64), confinement(json.at("confinement")));
      }
      case "prepared" -> {
        json.members("type", "session", "request");
        yield new Answer.Prepared(json.at("session").text(64), json.at("request").node());
      }
      case "provisioned" -> new Answer.Provisioned(json.members("type", "vm").at("vm").uuid());
      case "started" -> {
        json.members("type", "vm", "accelerator", "generation", "resumed", "milliseconds");
        yield new Answer.Started(
            json.at("vm").uuid(),
            json.at("accelerator").text(20),
            count(json.at("generation")),
            json.at("resumed").bool(),
            count(json.at("milliseconds")) / 1000.0);
      }
      case "stopped" -> {
        json.members("type", "vm", "how", "milliseconds");
        yield new Answer.Stopped(
            json.at("vm").uuid(),
            json.at("how").text(100),
            count(json.at("milliseconds")) / 1000.0);
      }
      case "saved" -> {
        json.members("type", "vm", "bytes", "milliseconds");
        yield new Answer.Saved(
            json.at("vm").uuid(), count(json.at("bytes")), count(json.at("milliseconds")) / 1000.0);
      }
      case "sent" -> {
        json.members("type", "vm", "bytes", "haltedMilliseconds", "milliseconds");
        yield new Answer.Sent(
            json.at("vm").uuid(),
            count(json.at("bytes")),
            count(json.at("haltedMilliseconds")) / 1000.0,
            count(json.at("milliseconds")) / 1000.0);
      }
      case "taken-back" -> new Answer.TakenBack(json.members("type", "vm").at("vm").uuid());
      case "opened" -> new Answer.Opened(json.members("type", "vm").at("vm").uuid());
      case "reported" -> {
        json.members("type", "vm", "report");
        yield new Answer.Reported(json.at("vm").uuid(), json.at("report").node());
      }
      case "leased" -> {
        json.members("type", "vm", "lease");
        yield new Answer.Leased(json.at("vm").uuid(), lease(json.at("lease")));
      }
      case "status" -> status(json);
      case "refused" -> {
        json.members("type", "code", "detail", "remedy");
        yield new Answer.Refused(
            json.at("code").text(100), json.at("detail").text(4000), json.at("remedy").text(1000));
      }
      default -> throw json.at("type").malformed("a known type", "another");
    };
  }

  private static Answer status(Json json) throws ProtectorException {
    json.members("type", "id", "confinement", "protections", "accelerator", "vms");
    List<Answer.Protection> protections = new ArrayList<>();
    for (Json each : json.at("protections").list(0, 100)) {
      each.members("name", "on", "why");
      protections.add(
          new Answer.Protection(
              each.at("name").text(50), each.at("on").bool(), each.at("why").text(500)));
    }
    Json accelerator = json.at("accelerator").members("name", "why");
    List<Answer.RunningVm> vms = new ArrayList<>();
    for (Json vm : json.at("vms").list(0, 10_000)) {
      vm.members("vm", "name", "state", "accelerator", "generation", "since", "reason", "lease");
      Optional<Json> reason = vm.nullable("reason");
      vms.add(
          new Answer.RunningVm(
              vm.at("vm").uuid(),
              vm.at("name").text(63),
              vm.at("state").text(20),
              vm.at("accelerator").text(20),
              count(vm.at("generation")),
              vm.at("since").time(),
              reason.isEmpty() ? Optional.empty() : Optional.of(reason.get().text(4000)),
              lease(vm.at("lease"))));
    }
    return new Answer.EnclaveStatus(
        json.at("id").text(64),
        confinement(json.at("confinement")),
        List.copyOf(protections),
        new Answer.Accelerator(accelerator.at("name").text(20), accelerator.at("why").text(4000)),
        List.copyOf(vms));
  }

  private static Answer.Confinement confinement(Json json) throws ProtectorException {
    json.members("uid", "ownUser", "ownNetwork", "memoryLocked", "secrets", "weaker");
    List<String> weaker = new ArrayList<>();
    for (Json each : json.at("weaker").list(0, 20)) {
      weaker.add(each.text(500));
    }
    return new Answer.Confinement(
        (int) json.at("uid").number(0, Integer.MAX_VALUE),
        json.at("ownUser").bool(),
        json.at("ownNetwork").bool(),
        json.at("memoryLocked").bool(),
        json.at("secrets").text(30),
        List.copyOf(weaker));
  }

  private static long count(Json json) throws ProtectorException {
    return json.number(0, Json.MAX_NUMBER);
  }
}
