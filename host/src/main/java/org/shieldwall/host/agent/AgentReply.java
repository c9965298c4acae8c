package org.shieldwall.host.agent;

import java.util.ArrayList;
import java.util.List;
import org.shieldwall.host.AgentException;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the agent answers: any number of {@link Working}, then one of the others. */
public sealed interface AgentReply {
  /** Longest encoding in bytes. */
  int MAX_BYTES = 4 << 20;

  /** How far the work is. */
  record Working(String stage, long done, long total) implements AgentReply {}

  /** It is done. */
  record Done(JsonNode result) implements AgentReply {}

  /**
   * It is not done.
   *
   * @param findings as the Host Guardian Service reported them, whole
   */
  record Failed(
      AgentException.Kind kind, String code, String what, String remedy, List<JsonNode> findings)
      implements AgentReply {
    /** Copies the list. */
    public Failed {
      findings = List.copyOf(findings);
    }

    static Failed of(AgentException problem) {
      List<JsonNode> findings = new ArrayList<>();
      problem.findings().forEach(finding -> findings.add(finding.toJson()));
      return new Failed(problem.kind(), problem.code(), problem.what(), problem.remedy(), findings);
    }
  }

  /** {@return the reply as it is sent} */
  default byte[] toBytes() {
    ObjectNode json = Json.object();
    switch (this) {
      case Working working ->
          json.putObject("working")
              .put("stage", working.stage())
              .put("done", working.done())
              .put("total", working.total());
      case Done done -> json.set("done", done.result());
      case Failed failed -> {
        ObjectNode inner =
            json.putObject("failed")
                .put("kind", failed.kind().name())
                .put("code", failed.code())
                .put("what", failed.what())
                .put("remedy", failed.remedy());
        ArrayNode findings = inner.putArray("findings");
        failed.findings().forEach(findings::add);
      }
    }
    return Json.bytes(json);
  }

  /** Reads a reply. */
  static AgentReply parse(byte[] bytes) throws ProtectorException {
    Json json = Json.parse(bytes, "agent reply", MAX_BYTES);
    List<String> names = json.names();
    if (names.size() != 1) {
      throw json.malformed("one member", String.valueOf(names.size()));
    }
    return switch (names.getFirst()) {
      case "working" -> {
        Json inner = json.at("working").members("stage", "done", "total");
        yield new Working(
            inner.at("stage").text(200),
            inner.at("done").number(0, Json.MAX_NUMBER),
            inner.at("total").number(0, Json.MAX_NUMBER));
      }
      case "done" -> new Done(json.at("done").node());
      case "failed" -> failed(json.at("failed"));
      default -> throw json.malformed("working, done or failed", '"' + names.getFirst() + '"');
    };
  }

  private static Failed failed(Json json) throws ProtectorException {
    json.members("kind", "code", "what", "remedy", "findings");
    List<JsonNode> findings = new ArrayList<>();
    for (Json finding : json.at("findings").list(0, 1000)) {
      findings.add(finding.node());
    }
    String kind = json.at("kind").text(40);
    for (AgentException.Kind known : AgentException.Kind.values()) {
      if (known.name().equals(kind)) {
        return new Failed(
            known,
            json.at("code").text(200),
            json.at("what").text(16_000),
            json.at("remedy").textOrEmpty(4_000),
            findings);
      }
    }
    throw json.at("kind").malformed("a known kind", '"' + kind + '"');
  }
}
