package org.shieldwall.protector;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

/**
 * A signed document: JWS in flattened JSON serialization (RFC 7515, section 7.2.2), ES384. Keeps
 * the texts it was read from, so that nothing is re-serialised before it is verified or passed on.
 */
final class Jws {
  private final String type;
  private final String header;
  private final String payloadText;
  private final byte[] payload;
  private final byte[] signature;
  private final String where;

  private Jws(
      String type,
      String header,
      String payloadText,
      byte[] payload,
      byte[] signature,
      String where) {
    this.type = type;
    this.header = header;
    this.payloadText = payloadText;
    this.payload = payload;
    this.signature = signature;
    this.where = where;
  }

  static Jws sign(String type, ObjectNode payload, PrivateKeySet signer, SecureRandom random) {
    String header = B64u.encode(Json.bytes(Json.object().put("alg", "ES384").put("typ", type)));
    byte[] bytes = Json.bytes(payload);
    String text = B64u.encode(bytes);
    byte[] signature = signer.sign(signingInput(header, text), random);
    return new Jws(type, header, text, bytes, signature, type);
  }

  /**
   * Reads without verifying. The header must be exactly {@code alg} = ES384 and {@code typ} =
   * {@code type}: no {@code crit}, {@code jwk}, {@code b64} or anything else is honoured or
   * ignored.
   */
  static Jws untrusted(Json json, String type, int maxPayload) throws ProtectorException {
    if (!json.names().contains("signature")) {
      throw new ProtectorException(Code.MISSING_SIGNATURE, json.where());
    }
    json.members("protected", "payload", "signature");
    byte[] headerBytes = json.at("protected").bytes(1, 200);
    Json header = Json.parse(headerBytes, json.where() + ", JWS header", 200);
    String algorithm = header.at("alg").text(30);
    if (!algorithm.equals("ES384")) {
      throw new ProtectorException(Code.WRONG_ALGORITHM, header.where() + ": expected alg ES384");
    }
    if (!header.at("typ").text(100).equals(type)) {
      throw new ProtectorException(Code.UNKNOWN_FORMAT, header.where() + ": expected typ " + type);
    }
    header.members("alg", "typ");
    byte[] payload = json.at("payload").bytes(0, maxPayload);
    byte[] signature = json.at("signature").bytes(0, 2 * P384.SIGNATURE_BYTES);
    if (signature.length == 0) {
      throw new ProtectorException(Code.MISSING_SIGNATURE, json.where());
    }
    return new Jws(
        type, B64u.encode(headerBytes), B64u.encode(payload), payload, signature, json.where());
  }

  /** {@return the payload as JSON, not yet verified} */
  Json untrustedPayload() throws ProtectorException {
    return Json.parse(payload, type, payload.length).format(type);
  }

  /** Refuses with {@code FOREIGN_SIGNATURE} what {@code key} did not sign. */
  void verify(ECPublicKey key) throws ProtectorException {
    if (!P384.verifies(signingInput(header, payloadText), signature, key)) {
      throw new ProtectorException(
          Code.FOREIGN_SIGNATURE, where + ": the signature does not verify");
    }
  }

  byte[] payload() {
    return payload.clone();
  }

  /** {@return SHA-256 of the payload's bytes} */
  Digest digest() {
    return Digest.of(payload);
  }

  ObjectNode toJson() {
    return Json.object()
        .put("protected", header)
        .put("payload", payloadText)
        .put("signature", B64u.encode(signature));
  }

  private static byte[] signingInput(String header, String payload) {
    return (header + "." + payload).getBytes(StandardCharsets.US_ASCII);
  }
}
