package org.shieldwall.protocol;

import java.time.Instant;
import java.util.Optional;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * The host proved itself (docs/protocol.md, section 2).
 *
 * @param certificate the health certificate, DER
 * @param signer the certificate that signed it, DER
 * @param expires when it is no longer good
 * @param host the name under which the host is registered
 * @param claims what it says; for people and logs, the certificate counts
 * @param akCertificate a certificate of the attestation key, DER, where one was issued now
 */
public record AttestReply(
    Bytes certificate,
    Bytes signer,
    Instant expires,
    String host,
    HealthClaims claims,
    Optional<Bytes> akCertificate) {
  /** The longest body. */
  public static final int MAX_BYTES = 64 << 10;

  private static final int MAX_CERTIFICATE = 32 << 10;

  /** A reply without a certificate of the attestation key. */
  public AttestReply(
      Bytes certificate, Bytes signer, Instant expires, String host, HealthClaims claims) {
    this(certificate, signer, expires, host, claims, Optional.empty());
  }

  /** {@return the same, with a certificate of the attestation key} */
  public AttestReply with(Bytes newAkCertificate) {
    return new AttestReply(
        certificate, signer, expires, host, claims, Optional.of(newAkCertificate));
  }

  /** Reads a body. */
  public static AttestReply parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parse(body, "attest reply", MAX_BYTES)
            .members("certificate", "signer", "expires", "host", "claims", "akCertificate");
    return new AttestReply(
        Members.bytes(json, "certificate", MAX_CERTIFICATE),
        Members.bytes(json, "signer", MAX_CERTIFICATE),
        json.at("expires").time(),
        json.at("host").text(200),
        HealthClaims.fromJson(json.at("claims")),
        json.nullable("akCertificate").isPresent()
            ? Optional.of(Members.bytes(json, "akCertificate", MAX_CERTIFICATE))
            : Optional.empty());
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object();
    Members.put(json, "certificate", certificate);
    Members.put(json, "signer", signer);
    json.put("expires", expires.toString()).put("host", host).set("claims", claims.toJson());
    Members.putOrNull(json, "akCertificate", akCertificate);
    return Json.bytes(json);
  }
}
