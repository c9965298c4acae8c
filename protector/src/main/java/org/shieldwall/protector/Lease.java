package org.shieldwall.protector;

import java.security.SecureRandom;
import java.time.Duration;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

/**
 * The key protection service's answer to a {@link VmReport}, signed by its guardian key. Between
 * the two stand an agent and an administrator whom the enclave does not trust: the signature keeps
 * them from making one up, and the report's digest from giving an old one again. An instance has
 * been verified.
 */
public final class Lease {
  public static final String FORMAT = "shieldwall-lease-1";
  public static final int MAX_BYTES = 4 << 10;

  /** The longest, in seconds: a week. */
  public static final long MAX_SECONDS = 7 * 86_400L;

  /** Whose the VM is. */
  public enum Standing {
    /** The enclave's that asked, for as long as is said. */
    HELD("held"),
    /** Nobody's: the enclave has said that the VM has ended. */
    ENDED("ended"),
    /** Another enclave's, which has started it since: this copy must not go on. */
    ELSEWHERE("elsewhere"),
    /** It was taken from the enclave by administrators: this copy must not go on. */
    BROKEN("broken");

    private final String id;

    Standing(String id) {
      this.id = id;
    }

    /** {@return the name in documents} */
    public String id() {
      return id;
    }

    static Standing fromJson(Json json) throws ProtectorException {
      String id = json.text(30);
      for (Standing standing : values()) {
        if (standing.id.equals(id)) {
          return standing;
        }
      }
      throw json.malformed("held, ended, elsewhere or broken", '"' + id + '"');
    }
  }

  private final Standing standing;
  private final Duration time;
  private final Jws document;

  private Lease(Standing standing, Duration time, Jws document) {
    this.standing = standing;
    this.time = time;
    this.document = document;
  }

  /**
   * {@return the answer to {@code report}}
   *
   * @param time from the moment before the report was signed; nothing unless held
   */
  public static Lease sign(
      VmReport report,
      Standing standing,
      Duration time,
      PrivateKeySet guardian,
      SecureRandom random) {
    ObjectNode payload =
        Json.object()
            .put("format", FORMAT)
            .put("vm", report.subject().vm().toString())
            .put("report", report.digest().text())
            .put("standing", standing.id())
            .put("seconds", time.toSeconds());
    return new Lease(standing, time, Jws.sign(FORMAT, payload, guardian, random));
  }

  /**
   * Reads an answer and verifies it.
   *
   * @param report what was asked
   * @param guardian who signed the generation that the report is about
   * @throws ProtectorException {@code FOREIGN_SIGNATURE}; {@code NOT_REQUESTED} if it answers
   *     another report; or a malformed one
   */
  public static Lease verify(Json json, VmReport report, Guardian guardian)
      throws ProtectorException {
    Jws document = Jws.untrusted(json, FORMAT, MAX_BYTES);
    document.verify(guardian.keys().signing());
    Json payload =
        document.untrustedPayload().members("format", "vm", "report", "standing", "seconds");
    if (!payload.at("report").digest().equals(report.digest())
        || !payload.at("vm").uuid().equals(report.subject().vm())) {
      throw new ProtectorException(Code.NOT_REQUESTED, "the lease answers another report");
    }
    Standing standing = Standing.fromJson(payload.at("standing"));
    long seconds = payload.at("seconds").number(0, MAX_SECONDS);
    if ((seconds > 0) != (standing == Standing.HELD)) {
      throw payload.at("seconds").malformed("time for what is held, and for nothing else", "not");
    }
    return new Lease(standing, Duration.ofSeconds(seconds), document);
  }

  public Standing standing() {
    return standing;
  }

  /** {@return how long it is good, from the moment before its report was signed} */
  public Duration time() {
    return time;
  }

  public ObjectNode toJson() {
    return document.toJson();
  }

  @Override
  public String toString() {
    return "Lease[" + standing.id() + ", " + time + "]";
  }
}
