package org.shieldwall.protector;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

/**
 * The owner's word that a VM may start once from one older state: generation and digest. An
 * instance read from a message has been verified against the protector that it is presented with.
 */
public final class RestoreGrant {
  public static final String FORMAT = "shieldwall-restore-grant-1";
  public static final int MAX_BYTES = 8 << 10;

  /** How long it is good. */
  public static final Duration LIFE = Duration.ofDays(7);

  private final UUID id;
  private final Instant expires;
  private final Digest state;
  private final Jws document;

  private RestoreGrant(UUID id, Instant expires, Digest state, Jws document) {
    this.id = id;
    this.expires = expires;
    this.state = state;
    this.document = document;
  }

  /**
   * {@return a grant for the state that {@code protector} lies with}
   *
   * @param state its digest
   * @throws ProtectorException {@code UNKNOWN_SIGNER} if {@code owner} is not the VM's
   */
  public static RestoreGrant sign(
      KeyProtector protector, Digest state, Instant now, PrivateKeySet owner, SecureRandom random)
      throws ProtectorException {
    if (!owner.id().equals(protector.grant().owner().id())) {
      throw new ProtectorException(
          Code.UNKNOWN_SIGNER, "the VM's owner is " + protector.grant().owner().id());
    }
    VmReport.Subject subject = VmReport.Subject.of(protector);
    UUID id = RandomUuid.from(random);
    Instant expires = now.plus(LIFE).truncatedTo(ChronoUnit.SECONDS);
    ObjectNode payload =
        Json.object()
            .put("format", FORMAT)
            .put("id", id.toString())
            .put("vm", subject.vm().toString())
            .put("grant", subject.grant().text())
            .put("generation", subject.generation())
            .put("protector", subject.protector().text())
            .put("state", state.text())
            .put("expires", expires.toString());
    return new RestoreGrant(id, expires, state, Jws.sign(FORMAT, payload, owner, random));
  }

  /**
   * Reads a grant and verifies it.
   *
   * @param protector what it is presented with
   * @throws ProtectorException {@code FOREIGN_SIGNATURE} if the protector's owner did not sign it;
   *     {@code PROTECTOR_MISMATCH} if it is about another copy; {@code EXPIRED}; or a malformed one
   */
  public static RestoreGrant verify(Json json, KeyProtector protector, Instant now)
      throws ProtectorException {
    Jws document = Jws.untrusted(json, FORMAT, MAX_BYTES);
    document.verify(protector.grant().owner().keys().signing());
    Json payload =
        document
            .untrustedPayload()
            .members("format", "id", "vm", "grant", "generation", "protector", "state", "expires");
    VmReport.Subject subject =
        new VmReport.Subject(
            payload.at("vm").uuid(),
            payload.at("grant").digest(),
            payload.at("generation").number(1, Json.MAX_NUMBER),
            payload.at("protector").digest());
    if (protector.vm().isEmpty() || !subject.equals(VmReport.Subject.of(protector))) {
      throw new ProtectorException(
          Code.PROTECTOR_MISMATCH, "the owner's grant is about another VM or generation");
    }
    Instant expires = payload.at("expires").time();
    if (!now.isBefore(expires)) {
      throw new ProtectorException(Code.EXPIRED, "the owner's grant to restore, since " + expires);
    }
    return new RestoreGrant(
        payload.at("id").uuid(), expires, payload.at("state").digest(), document);
  }

  /** {@return what it is used once by} */
  public UUID id() {
    return id;
  }

  /** {@return the moment from which it is no longer good} */
  public Instant expires() {
    return expires;
  }

  /** {@return digest of the state that may start} */
  public Digest state() {
    return state;
  }

  public ObjectNode toJson() {
    return document.toJson();
  }

  public byte[] toBytes() {
    return Json.bytes(toJson());
  }
}
