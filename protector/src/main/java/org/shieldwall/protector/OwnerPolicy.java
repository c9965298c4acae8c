package org.shieldwall.protector;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the owner asks of a host before the VM may be opened on it.
 *
 * @param requiredBaselines the host must have matched every one of these; empty asks for none
 * @param requiredHosts the host must be one of these; empty allows any
 * @param expires whole seconds; from then on the VM is opened no more
 * @param checkpoints who may take the VM back in time
 * @param bindHost whether the VM starts only on the machine that started it first
 */
public record OwnerPolicy(
    VmClass vmClass,
    Assurance minimumAssurance,
    List<String> requiredBaselines,
    List<String> requiredHosts,
    Optional<Instant> expires,
    Checkpoints checkpoints,
    boolean bindHost) {
  private static final int MAX_ENTRIES = 64;

  public OwnerPolicy {
    requiredBaselines = List.copyOf(requiredBaselines);
    requiredHosts = List.copyOf(requiredHosts);
    expires = expires.map(time -> time.truncatedTo(ChronoUnit.SECONDS));
  }

  /** A policy in which only the owner takes the VM back in time, and any one host will do. */
  public OwnerPolicy(
      VmClass vmClass,
      Assurance minimumAssurance,
      List<String> requiredBaselines,
      List<String> requiredHosts,
      Optional<Instant> expires) {
    this(
        vmClass,
        minimumAssurance,
        requiredBaselines,
        requiredHosts,
        expires,
        Checkpoints.OWNER,
        false);
  }

  /** Who may take the VM back to a checkpoint. */
  public enum Checkpoints {
    /** Whoever administers the fabric. */
    ALLOW("allow"),
    /** The owner alone, by a signature for that checkpoint. */
    OWNER("owner");

    private final String id;

    Checkpoints(String id) {
      this.id = id;
    }

    /** {@return the name in documents} */
    public String id() {
      return id;
    }

    static Checkpoints fromJson(Json json) throws ProtectorException {
      String id = json.text(30);
      for (Checkpoints each : values()) {
        if (each.id.equals(id)) {
          return each;
        }
      }
      throw json.malformed("allow or owner", '"' + id + '"');
    }
  }

  /** {@return the policy that asks for a measured boot and nothing more} */
  public static OwnerPolicy shielded() {
    return new OwnerPolicy(VmClass.SHIELDED, Assurance.TPM, List.of(), List.of(), Optional.empty());
  }

  /** One point in which a host falls short of the policy. */
  public enum Violation {
    ASSURANCE,
    BASELINES,
    HOST,
    EXPIRED
  }

  /** {@return every point in which a host falls short}; empty if it may open the VM. */
  public List<Violation> violations(
      Assurance assurance, Set<String> baselines, String host, Instant now) {
    List<Violation> violations = new ArrayList<>();
    if (!assurance.satisfies(minimumAssurance)) {
      violations.add(Violation.ASSURANCE);
    }
    if (!baselines.containsAll(requiredBaselines)) {
      violations.add(Violation.BASELINES);
    }
    if (!requiredHosts.isEmpty() && !requiredHosts.contains(host)) {
      violations.add(Violation.HOST);
    }
    if (expiredAt(now)) {
      violations.add(Violation.EXPIRED);
    }
    return List.copyOf(violations);
  }

  /** {@return whether the policy has ended} */
  public boolean expiredAt(Instant now) {
    return expires.isPresent() && !now.isBefore(expires.get());
  }

  static OwnerPolicy fromJson(Json json) throws ProtectorException {
    json.members(
        "class",
        "minimumAssurance",
        "requiredBaselines",
        "requiredHosts",
        "expires",
        "checkpoints",
        "bindHost");
    Optional<Json> expires = json.nullable("expires");
    return new OwnerPolicy(
        VmClass.fromJson(json.at("class")),
        Assurance.fromJson(json.at("minimumAssurance")),
        names(json.at("requiredBaselines")),
        names(json.at("requiredHosts")),
        expires.isPresent() ? Optional.of(expires.get().time()) : Optional.empty(),
        Checkpoints.fromJson(json.at("checkpoints")),
        json.at("bindHost").bool());
  }

  ObjectNode toJson() {
    ObjectNode json =
        Json.object().put("class", vmClass.id()).put("minimumAssurance", minimumAssurance.id());
    ArrayNode baselines = json.putArray("requiredBaselines");
    requiredBaselines.forEach(baselines::add);
    ArrayNode hosts = json.putArray("requiredHosts");
    requiredHosts.forEach(hosts::add);
    json.put("expires", expires.map(Instant::toString).orElse(null));
    return json.put("checkpoints", checkpoints.id()).put("bindHost", bindHost);
  }

  private static List<String> names(Json json) throws ProtectorException {
    List<String> names = new ArrayList<>();
    for (Json name : json.list(0, MAX_ENTRIES)) {
      names.add(name.text(Guardian.MAX_NAME));
    }
    return names;
  }
}
