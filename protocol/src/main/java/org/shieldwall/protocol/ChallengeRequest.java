package org.shieldwall.protocol;

import java.util.Optional;
import java.util.OptionalLong;
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
 * @param akCertificate the service's own certificate of the attestation key, DER, where the host
 *     has one: it saves the activation of a credential
 * @param resetCount the TPM's count of power cycles, by the host's word: whether the service can
 *     take up where the last attestation of the same boot ended
 */
public record ChallengeRequest(
    Bytes ekPublic,
    Optional<Bytes> ekCertificate,
    Bytes akPublic,
    KeySet enclave,
    Optional<Bytes> akCertificate,
    OptionalLong resetCount) {
  /** The longest body. */
  public static final int MAX_BYTES = 64 << 10;

  static final int MAX_PUBLIC = 2048;
  private static final int MAX_CERTIFICATE = 16 << 10;
  private static final String MODE = "tpm";
  private static final long UINT32 = 0xFFFF_FFFFL;

  /** A request that shows nothing of earlier attestations. */
  public ChallengeRequest(
      Bytes ekPublic, Optional<Bytes> ekCertificate, Bytes akPublic, KeySet enclave) {
    this(ekPublic, ekCertificate, akPublic, enclave, Optional.empty(), OptionalLong.empty());
  }

  /** Reads a body. */
  public static ChallengeRequest parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "challenge request", MAX_BYTES)
            .members(
                "mode",
                "ekPublic",
                "ekCertificate",
                "akPublic",
                "enclave",
                "akCertificate",
                "resetCount");
    String mode = json.at("mode").text(20);
    if (!mode.equals(MODE)) {
      throw json.at("mode").malformed("\"" + MODE + "\"", "another mode");
    }
    Optional<Json> resetCount = json.nullable("resetCount");
    return new ChallengeRequest(
        Members.bytes(json, "ekPublic", MAX_PUBLIC),
        certificate(json, "ekCertificate"),
        Members.bytes(json, "akPublic", MAX_PUBLIC),
        KeySet.fromJson(json.at("enclave")),
        certificate(json, "akCertificate"),
        resetCount.isPresent()
            ? OptionalLong.of(resetCount.get().number(0, UINT32))
            : OptionalLong.empty());
  }

  private static Optional<Bytes> certificate(Json json, String name) throws ProtectorException {
    Optional<Json> certificate = json.nullable(name);
    return certificate.isPresent()
        ? Optional.of(Bytes.of(certificate.get().bytes(1, MAX_CERTIFICATE)))
        : Optional.empty();
  }

  /** {@return the same, with what is kept of earlier attestations} */
  public ChallengeRequest with(Optional<Bytes> newAkCertificate, OptionalLong newResetCount) {
    return new ChallengeRequest(
        ekPublic, ekCertificate, akPublic, enclave, newAkCertificate, newResetCount);
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("mode", MODE);
    Members.put(json, "ekPublic", ekPublic);
    Members.putOrNull(json, "ekCertificate", ekCertificate);
    Members.put(json, "akPublic", akPublic);
    json.set("enclave", enclave.toJson());
    Members.putOrNull(json, "akCertificate", akCertificate);
    resetCount.ifPresentOrElse(
        count -> json.put("resetCount", count), () -> json.putNull("resetCount"));
    return Json.bytes(json);
  }
}
