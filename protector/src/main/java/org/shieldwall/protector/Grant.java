package org.shieldwall.protector;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The owner's word, signed once and never changed: which guardians may open the VM, and on which
 * hosts. An instance has been verified. Who the owner is, is for whoever compares {@link #owner}.
 */
public final class Grant {
  public static final String FORMAT = "shieldwall-grant-1";
  public static final int MAX_GUARDIANS = 16;
  static final int MAX_PAYLOAD = 160 << 10;

  private final UUID id;
  private final Instant issued;
  private final Guardian owner;
  private final List<Guardian> guardians;
  private final OwnerPolicy policy;
  private final Jws document;
  private final Digest digest;

  private Grant(
      UUID id,
      Instant issued,
      Guardian owner,
      List<Guardian> guardians,
      OwnerPolicy policy,
      Jws document) {
    this.id = id;
    this.issued = issued;
    this.owner = owner;
    this.guardians = List.copyOf(guardians);
    this.policy = policy;
    this.document = document;
    this.digest = document.digest();
  }

  /**
   * {@return a new grant}
   *
   * @param guardians 1 to 16, none twice, none the owner
   * @param ownerKeys the private keys of {@code owner}
   */
  public static Grant issue(
      Guardian owner,
      PrivateKeySet ownerKeys,
      List<Guardian> guardians,
      OwnerPolicy policy,
      Instant issued,
      SecureRandom random)
      throws ProtectorException {
    ObjectNode payload =
        Json.object()
            .put("format", FORMAT)
            .put("id", RandomUuid.from(random).toString())
            .put("issued", issued.truncatedTo(ChronoUnit.SECONDS).toString());
    payload.set("owner", owner.toJson());
    ArrayNode list = payload.putArray("guardians");
    guardians.forEach(guardian -> list.add(guardian.toJson()));
    payload.set("policy", policy.toJson());
    return fromJson(Json.of(Jws.sign(FORMAT, payload, ownerKeys, random).toJson(), "new grant"));
  }

  static Grant fromJson(Json json) throws ProtectorException {
    Jws document = Jws.untrusted(json, FORMAT, MAX_PAYLOAD);
    Json payload =
        document
            .untrustedPayload()
            .members("format", "id", "issued", "owner", "guardians", "policy");
    Guardian owner = Guardian.fromJson(payload.at("owner"));
    document.verify(owner.keys().signing());
    List<Guardian> guardians = new ArrayList<>();
    Set<KeyId> seen = new HashSet<>(Set.of(owner.id()));
    for (Json element : payload.at("guardians").list(1, MAX_GUARDIANS)) {
      Guardian guardian = Guardian.fromJson(element);
      if (!seen.add(guardian.id())) {
        throw new ProtectorException(Code.DUPLICATE_GUARDIAN, element.where());
      }
      guardians.add(guardian);
    }
    return new Grant(
        payload.at("id").uuid(),
        payload.at("issued").time(),
        owner,
        guardians,
        OwnerPolicy.fromJson(payload.at("policy")),
        document);
  }

  public UUID id() {
    return id;
  }

  public Instant issued() {
    return issued;
  }

  public Guardian owner() {
    return owner;
  }

  public List<Guardian> guardians() {
    return guardians;
  }

  public OwnerPolicy policy() {
    return policy;
  }

  /** {@return SHA-256 of the payload's bytes} */
  public Digest digest() {
    return digest;
  }

  /** {@return the owner or the guardian with this id} */
  public Optional<Guardian> holder(KeyId holder) {
    return holders().stream().filter(guardian -> guardian.id().equals(holder)).findFirst();
  }

  /** {@return the owner and then the guardians} */
  List<Guardian> holders() {
    List<Guardian> holders = new ArrayList<>(guardians.size() + 1);
    holders.add(owner);
    holders.addAll(guardians);
    return holders;
  }

  ObjectNode toJson() {
    return document.toJson();
  }

  @Override
  public String toString() {
    return "Grant[" + id + ", owner " + owner.id() + "]";
  }
}
