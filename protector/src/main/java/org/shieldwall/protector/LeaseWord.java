package org.shieldwall.protector;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

/**
 * One administrator's word that an enclave has lost a VM: that the host it ran on is dead, and that
 * the VM may start elsewhere. It is about one lease and no later one.
 */
public final class LeaseWord {
  public static final String FORMAT = "shieldwall-lease-word-1";
  public static final int MAX_BYTES = 8 << 10;

  /**
   * The lease that is meant.
   *
   * @param grant digest of the VM's grant
   * @param enclave id of the enclave that has the VM
   * @param since when it got it
   */
  public record Subject(UUID vm, Digest grant, long generation, KeyId enclave, Instant since) {
    /** Reads the members of a lease as they are shown. */
    public static Subject fromJson(Json json) throws ProtectorException {
      return new Subject(
          json.at("vm").uuid(),
          json.at("grant").digest(),
          json.at("generation").number(1, Json.MAX_NUMBER),
          json.at("enclave").keyId(),
          json.at("since").time());
    }
  }

  private final Subject subject;
  private final Instant time;
  private final KeyId signer;
  private final Jws document;

  private LeaseWord(Subject subject, Instant time, KeyId signer, Jws document) {
    this.subject = subject;
    this.time = time;
    this.signer = signer;
    this.document = document;
  }

  /** {@return a word of {@code administrator} about {@code subject}} */
  public static LeaseWord sign(
      Subject subject, Instant time, PrivateKeySet administrator, SecureRandom random) {
    Instant seconds = time.truncatedTo(ChronoUnit.SECONDS);
    ObjectNode payload =
        Json.object()
            .put("format", FORMAT)
            .put("vm", subject.vm().toString())
            .put("grant", subject.grant().text())
            .put("generation", subject.generation())
            .put("enclave", subject.enclave().text())
            .put("since", subject.since().toString())
            .put("time", seconds.toString())
            .put("signer", administrator.id().text());
    return new LeaseWord(
        subject, seconds, administrator.id(), Jws.sign(FORMAT, payload, administrator, random));
  }

  /** Reads a word, without knowing yet whose it is. */
  public static LeaseWord untrusted(byte[] bytes) throws ProtectorException {
    Jws document = Jws.untrusted(Json.parse(bytes, "word", MAX_BYTES), FORMAT, MAX_BYTES);
    Json payload =
        document
            .untrustedPayload()
            .members("format", "vm", "grant", "generation", "enclave", "since", "time", "signer");
    return new LeaseWord(
        Subject.fromJson(payload),
        payload.at("time").time(),
        payload.at("signer").keyId(),
        document);
  }

  /** Refuses a word that is not by {@code administrator}. */
  public void requireBy(Guardian administrator) throws ProtectorException {
    if (!administrator.id().equals(signer)) {
      throw new ProtectorException(Code.UNKNOWN_SIGNER, "it says it is by " + signer);
    }
    document.verify(administrator.keys().signing());
  }

  public Subject subject() {
    return subject;
  }

  public Instant time() {
    return time;
  }

  /** {@return whose it says it is} */
  public KeyId signer() {
    return signer;
  }

  public byte[] toBytes() {
    return Json.bytes(document.toJson());
  }
}
