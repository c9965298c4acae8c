package org.shieldwall.protector;

import java.security.SecureRandom;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an enclave says of a VM that it started, signed by the enclave. An instance read from a
 * message has been verified against an enclave's keys; whether those deserve anything is for the
 * health certificate.
 */
public final class VmReport {
  public static final String FORMAT = "shieldwall-vm-report-1";
  public static final int MAX_BYTES = 4 << 10;

  /** What is reported. */
  public enum Event {
    /** It runs, or is about to: its generation is on the host's disk. */
    RUNNING("running"),
    /** It has ended and will not go on. */
    STOPPED("stopped"),
    /** It has ended, and its memory is kept. */
    SAVED("saved"),
    /** It runs, and another enclave may have its keys, to take it over. */
    OFFERED("offered"),
    /** It is halted for good here; the enclave that it was offered to has all of it. */
    HANDED_OVER("handed-over");

    private final String id;

    Event(String id) {
      this.id = id;
    }

    /** {@return the name in documents} */
    public String id() {
      return id;
    }

    private boolean hasState() {
      return this == STOPPED || this == SAVED;
    }

    private boolean hasTarget() {
      return this == OFFERED || this == HANDED_OVER;
    }

    static Event fromJson(Json json) throws ProtectorException {
      String id = json.text(30);
      for (Event event : values()) {
        if (event.id.equals(id)) {
          return event;
        }
      }
      throw json.malformed("running, stopped, saved, offered or handed-over", '"' + id + '"');
    }
  }

  /**
   * What the report is about.
   *
   * @param protector digest of the generation's key protector
   * @param grant digest of its grant
   */
  public record Subject(UUID vm, Digest grant, long generation, Digest protector) {
    /** {@return the VM and generation of this protector} */
    public static Subject of(KeyProtector protector) {
      return new Subject(
          protector.vm().orElseThrow(),
          protector.grant().digest(),
          protector.generation(),
          protector.digest());
    }
  }

  private final Subject subject;
  private final Event event;
  private final Optional<Digest> state;
  private final Optional<KeyId> target;
  private final long count;
  private final KeyId enclave;
  private final Jws document;

  private VmReport(
      Subject subject,
      Event event,
      Optional<Digest> state,
      Optional<KeyId> target,
      long count,
      KeyId enclave,
      Jws document) {
    this.subject = subject;
    this.event = event;
    this.state = state;
    this.target = target;
    this.count = count;
    this.enclave = enclave;
    this.document = document;
  }

  /**
   * {@return a new report}
   *
   * @param state digest of the sealed state, once nothing writes it any more
   * @param count more than in every report of this enclave about this VM before
   */
  public static VmReport sign(
      Subject subject,
      Event event,
      Optional<Digest> state,
      long count,
      PrivateKeySet enclave,
      SecureRandom random) {
    return sign(subject, event, state, Optional.empty(), count, enclave, random);
  }

  /**
   * {@return a new report of a VM on its way to another enclave}
   *
   * @param event {@link Event#OFFERED} or {@link Event#HANDED_OVER}
   * @param target that enclave
   * @param count more than in every report of this enclave about this VM before
   */
  public static VmReport signMove(
      Subject subject,
      Event event,
      KeyId target,
      long count,
      PrivateKeySet enclave,
      SecureRandom random) {
    return sign(subject, event, Optional.empty(), Optional.of(target), count, enclave, random);
  }

  private static VmReport sign(
      Subject subject,
      Event event,
      Optional<Digest> state,
      Optional<KeyId> target,
      long count,
      PrivateKeySet enclave,
      SecureRandom random) {
    ObjectNode payload =
        Json.object()
            .put("format", FORMAT)
            .put("vm", subject.vm().toString())
            .put("grant", subject.grant().text())
            .put("generation", subject.generation())
            .put("protector", subject.protector().text())
            .put("enclave", enclave.id().text())
            .put("event", event.id())
            .put("count", count);
    state.ifPresentOrElse(
        digest -> payload.put("state", digest.text()), () -> payload.putNull("state"));
    payload.put("to", target.map(KeyId::text).orElse(null));
    return new VmReport(
        subject,
        event,
        state,
        target,
        count,
        enclave.id(),
        Jws.sign(FORMAT, payload, enclave, random));
  }

  /**
   * Reads a report and verifies it.
   *
   * @param enclave the keys in the health certificate
   * @throws ProtectorException {@code FOREIGN_SIGNATURE}, {@code ENCLAVE_MISMATCH}, or a malformed
   *     one
   */
  public static VmReport verify(Json json, KeySet enclave) throws ProtectorException {
    Jws document = Jws.untrusted(json, FORMAT, MAX_BYTES);
    document.verify(enclave.signing());
    Json payload =
        document
            .untrustedPayload()
            .members(
                "format",
                "vm",
                "grant",
                "generation",
                "protector",
                "enclave",
                "event",
                "count",
                "state",
                "to");
    Optional<Json> state = payload.nullable("state");
    Optional<Json> target = payload.nullable("to");
    VmReport report =
        new VmReport(
            new Subject(
                payload.at("vm").uuid(),
                payload.at("grant").digest(),
                payload.at("generation").number(1, Json.MAX_NUMBER),
                payload.at("protector").digest()),
            Event.fromJson(payload.at("event")),
            state.isPresent() ? Optional.of(state.get().digest()) : Optional.empty(),
            target.isPresent() ? Optional.of(target.get().keyId()) : Optional.empty(),
            payload.at("count").number(1, Json.MAX_NUMBER),
            payload.at("enclave").keyId(),
            document);
    if (!report.enclave.equals(enclave.id())) {
      throw new ProtectorException(
          Code.ENCLAVE_MISMATCH, "expected " + enclave.id() + ", found " + report.enclave);
    }
    if (report.state.isPresent() != report.event.hasState()) {
      throw payload.at("state").malformed("a digest of what has ended, and of nothing else", "not");
    }
    if (report.target.isPresent() != report.event.hasTarget()) {
      throw payload.at("to").malformed("an enclave for what moves, and for nothing else", "not");
    }
    return report;
  }

  public Subject subject() {
    return subject;
  }

  public Event event() {
    return event;
  }

  public Optional<Digest> state() {
    return state;
  }

  /** {@return the enclave that the VM is offered or handed over to} */
  public Optional<KeyId> target() {
    return target;
  }

  public long count() {
    return count;
  }

  public KeyId enclave() {
    return enclave;
  }

  /** {@return SHA-256 of the payload's bytes, which the answer names} */
  public Digest digest() {
    return document.digest();
  }

  public ObjectNode toJson() {
    return document.toJson();
  }

  @Override
  public String toString() {
    return "VmReport[vm " + subject.vm() + ", " + event.id() + ", " + count + "]";
  }
}
