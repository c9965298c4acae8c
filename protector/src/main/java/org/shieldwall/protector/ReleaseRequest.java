package org.shieldwall.protector;

import java.security.SecureRandom;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an enclave asks the key protection service, signed by the enclave. An instance read from a
 * message has been verified against an enclave's keys and a protector; whether those keys deserve
 * anything is for the health certificate.
 */
public final class ReleaseRequest {
  public static final String FORMAT = "shieldwall-release-request-1";
  public static final int MAX_BYTES = 4 << 10;
  public static final int NONCE_BYTES = 32;

  /** What the keys are wanted for. */
  public enum Purpose {
    /** To start a VM whose protector this is. */
    START("start"),
    /** To make a VM from shielding data. */
    PROVISION("provision");

    private final String id;

    Purpose(String id) {
      this.id = id;
    }

    /** {@return the name in documents} */
    public String id() {
      return id;
    }

    /** Reads the name in documents. */
    public static Purpose fromJson(Json json) throws ProtectorException {
      String id = json.text(30);
      for (Purpose purpose : values()) {
        if (purpose.id.equals(id)) {
          return purpose;
        }
      }
      throw json.malformed("start or provision", '"' + id + '"');
    }
  }

  private final Purpose purpose;
  private final byte[] nonce;
  private final Digest protector;
  private final KeyId enclave;
  private final Jws document;

  private ReleaseRequest(
      Purpose purpose, byte[] nonce, Digest protector, KeyId enclave, Jws document) {
    this.purpose = purpose;
    this.nonce = nonce;
    this.protector = protector;
    this.enclave = enclave;
    this.document = document;
  }

  /**
   * {@return a new request with a new nonce, and what its answer will be checked against}
   *
   * @throws ProtectorException {@code GENERATION_MISMATCH} if the protector does not serve the
   *     purpose
   */
  public static PendingRelease create(
      Purpose purpose, KeyProtector protector, PrivateKeySet enclave, SecureRandom random)
      throws ProtectorException {
    requireServes(purpose, protector);
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    Digest digest = protector.digest();
    ObjectNode payload =
        Json.object()
            .put("format", FORMAT)
            .put("purpose", purpose.id())
            .put("nonce", B64u.encode(nonce))
            .put("protector", digest.text())
            .put("enclave", enclave.id().text());
    Jws document = Jws.sign(FORMAT, payload, enclave, random);
    return new PendingRelease(
        new ReleaseRequest(purpose, nonce, digest, enclave.id(), document), protector);
  }

  /**
   * Reads a request and verifies it.
   *
   * @param enclave the keys in the health certificate
   * @param protector the protector beside the request
   * @throws ProtectorException {@code FOREIGN_SIGNATURE}, {@code ENCLAVE_MISMATCH}, {@code
   *     PROTECTOR_MISMATCH}, {@code GENERATION_MISMATCH} if purpose and protector do not fit, or a
   *     malformed one
   */
  public static ReleaseRequest verify(Json json, KeySet enclave, KeyProtector protector)
      throws ProtectorException {
    Jws document = Jws.untrusted(json, FORMAT, MAX_BYTES);
    document.verify(enclave.signing());
    Json payload =
        document.untrustedPayload().members("format", "purpose", "nonce", "protector", "enclave");
    ReleaseRequest request =
        new ReleaseRequest(
            Purpose.fromJson(payload.at("purpose")),
            payload.at("nonce").bytes(NONCE_BYTES),
            payload.at("protector").digest(),
            payload.at("enclave").keyId(),
            document);
    if (!request.enclave.equals(enclave.id())) {
      throw new ProtectorException(
          Code.ENCLAVE_MISMATCH, "expected " + enclave.id() + ", found " + request.enclave);
    }
    if (!request.protector.equals(protector.digest())) {
      throw new ProtectorException(
          Code.PROTECTOR_MISMATCH, "the request names another protector than the one beside it");
    }
    requireServes(request.purpose, protector);
    return request;
  }

  private static void requireServes(Purpose purpose, KeyProtector protector)
      throws ProtectorException {
    boolean serves =
        switch (purpose) {
          case START -> protector.vm().isPresent();
          case PROVISION -> protector.vm().isEmpty();
        };
    if (!serves) {
      throw new ProtectorException(
          Code.GENERATION_MISMATCH,
          "a protector of generation "
              + protector.generation()
              + " does not serve to "
              + purpose.id());
    }
  }

  public Purpose purpose() {
    return purpose;
  }

  /** {@return a copy of the 32 bytes} */
  public byte[] nonce() {
    return nonce.clone();
  }

  public Digest protector() {
    return protector;
  }

  public KeyId enclave() {
    return enclave;
  }

  public ObjectNode toJson() {
    return document.toJson();
  }

  @Override
  public String toString() {
    return "ReleaseRequest[" + purpose.id() + ", protector " + protector + "]";
  }
}
