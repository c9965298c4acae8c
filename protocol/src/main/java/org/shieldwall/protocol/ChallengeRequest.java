package org.shieldwall.protocol;

import java.util.Optional;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * A host asks to be challenged (docs/protocol.md, section 1).
 *
 * @param ekPublic endorsement key, TPM2B_PUBLIC
 * @param ekCertificate its certificate, DER, where the TPM has one
 * @param akPublic attestation key, TPM2B_PUBLIC
 * @param enclave public keys of the enclave that will be measured
 */
public record ChallengeRequest(
    Bytes ekPublic, Optional<Bytes> ekCertificate, Bytes akPublic, KeySet enclave) {
  /** The longest body. */
  public static final int MAX_BYTES = 64 << 10;

  static final int MAX_PUBLIC = 2048;
  private static final int MAX_CERTIFICATE = 16 << 10;
  private static final String MODE = "tpm";

  /** Reads a body. */
  public static ChallengeRequest parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "challenge request", MAX_BYTES)
            .members("mode", "ekPublic", "ekCertificate", "akPublic", "enclave");
    String mode = json.at("mode").text(20);
    if (!mode.equals(MODE)) {
      throw json.at("mode").malformed("\"" + MODE + "\"", "another mode");
    }
    Optional<Json> certificate = json.nullable("ekCertificate");
    return new ChallengeRequest(
        Members.bytes(json, "ekPublic", MAX_PUBLIC),
        certificate.isPresent()
            ? Optional.of(Bytes.of(certificate.get().bytes(1, MAX_CERTIFICATE)))
            : Optional.empty(),
        Members.bytes(json, "akPublic", MAX_PUBLIC),
        KeySet.fromJson(json.at("enclave")));
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("mode", MODE);
    Members.put(json, "ekPublic", ekPublic);
    ekCertificate.ifPresentOrElse(
        der -> Members.put(json, "ekCertificate", der), () -> json.putNull("ekCertificate"));
    Members.put(json, "akPublic", akPublic);
    json.set("enclave", enclave.toJson());
    return Json.bytes(json);
  }
}
