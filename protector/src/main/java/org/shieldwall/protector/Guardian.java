package org.shieldwall.protector;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import tools.jackson.databind.node.ObjectNode;

/**
 * A guardian's, owner's or template signer's public document: a name and a key set, signed by that
 * key set. The signature shows possession of the keys, not who the holder is: that is for whoever
 * compares the {@link #id}.
 */
public final class Guardian {
  public static final String FORMAT = "shieldwall-guardian-1";
  public static final int MAX_BYTES = 16 << 10;
  static final int MAX_NAME = 100;

  private final String name;
  private final Instant created;
  private final KeySet keys;
  private final Jws document;

  private Guardian(String name, Instant created, KeySet keys, Jws document) {
    this.name = name;
    this.created = created;
    this.keys = keys;
    this.document = document;
  }

  /**
   * {@return a new document for {@code keys}}
   *
   * @throws ProtectorException if the name is empty, too long or not printable
   */
  public static Guardian create(
      String name, Instant created, PrivateKeySet keys, SecureRandom random)
      throws ProtectorException {
    ObjectNode payload =
        Json.object()
            .put("format", FORMAT)
            .put("name", name)
            .put("created", created.truncatedTo(ChronoUnit.SECONDS).toString());
    payload.set("keys", keys.publicKeys().toJson());
    return fromJson(Json.of(Jws.sign(FORMAT, payload, keys, random).toJson(), "new guardian"));
  }

  /** Reads and verifies a whole document. */
  public static Guardian parse(byte[] bytes) throws ProtectorException {
    return fromJson(Json.parse(bytes, "guardian", MAX_BYTES));
  }

  /** Reads and verifies a document that stands inside another. */
  public static Guardian fromJson(Json json) throws ProtectorException {
    Jws document = Jws.untrusted(json, FORMAT, MAX_BYTES);
    Json payload = document.untrustedPayload().members("format", "name", "created", "keys");
    KeySet keys = KeySet.fromJson(payload.at("keys"));
    document.verify(keys.signing());
    return new Guardian(
        payload.at("name").text(MAX_NAME), payload.at("created").time(), keys, document);
  }

  public String name() {
    return name;
  }

  public Instant created() {
    return created;
  }

  public KeySet keys() {
    return keys;
  }

  /** {@return the key set's id} */
  public KeyId id() {
    return keys.id();
  }

  public ObjectNode toJson() {
    return document.toJson();
  }

  public byte[] toBytes() {
    return Json.bytes(toJson());
  }

  @Override
  public String toString() {
    return "Guardian[" + name + ", " + id() + "]";
  }
}
