package org.shieldwall.protector;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the key protection service had verified of the host that it released keys to, so that the
 * enclave can hold it against the owner's policy itself. It stands in a release, and the sealed
 * part names its digest: nobody on the way can make it better.
 *
 * @param assurance how the host proved itself
 * @param host its registered name
 * @param identity what it is known by (docs/protocol.md, section 2); with assurance {@code tpm}
 *     SHA-256 of its endorsement key's SubjectPublicKeyInfo, hexadecimal
 * @param baselines names of the boot baselines that it matched and that still stand
 */
public record ReleasedHost(
    Assurance assurance, String host, String identity, List<String> baselines) {
  private static final int MAX_NAME = 200;
  private static final int MAX_BASELINES = 64;

  /** Copies the list. */
  public ReleasedHost {
    baselines = List.copyOf(baselines);
  }

  /** {@return a host of which nothing was verified: the weakest there is} */
  static ReleasedHost unknown() {
    return new ReleasedHost(Assurance.DIRECTORY, "", "", List.of());
  }

  /** {@return every point in which the host falls short of what the owner asks} */
  public List<OwnerPolicy.Violation> violations(OwnerPolicy policy, Instant now) {
    return policy.violations(assurance, Set.copyOf(baselines), host, now);
  }

  static ReleasedHost fromJson(Json json) throws ProtectorException {
    json.members("assurance", "host", "identity", "baselines");
    List<String> baselines = new ArrayList<>();
    for (Json each : json.at("baselines").list(0, MAX_BASELINES)) {
      baselines.add(each.text(MAX_NAME));
    }
    return new ReleasedHost(
        Assurance.fromJson(json.at("assurance")),
        json.at("host").textOrEmpty(MAX_NAME),
        json.at("identity").textOrEmpty(MAX_NAME),
        baselines);
  }

  ObjectNode toJson() {
    ObjectNode json =
        Json.object().put("assurance", assurance.id()).put("host", host).put("identity", identity);
    ArrayNode names = json.putArray("baselines");
    baselines.forEach(names::add);
    return json;
  }

  /** {@return digest of its JSON as this library writes it} */
  Digest digest() {
    return Digest.of(Json.bytes(toJson()));
  }
}
