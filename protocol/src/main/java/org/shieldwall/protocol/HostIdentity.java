package org.shieldwall.protocol;

import java.util.Optional;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an HGS administrator registers of a host (docs/formats.md, host identity). Not secret, and
 * proof of nothing: the administrator knows where the file came from.
 *
 * @param name the host's name, 1 to 64 of {@code A-Z a-z 0-9 . _ -}
 * @param ekPublic endorsement key, TPM2B_PUBLIC
 * @param ekCertificate its certificate as the TPM holds it, where it does
 * @param manufacturer the TPM's manufacturer, for people; may be empty
 */
public record HostIdentity(
    String name, Bytes ekPublic, Optional<Bytes> ekCertificate, String manufacturer) {
  public static final String FORMAT = "shieldwall-host-identity-1";
  public static final int MAX_BYTES = 64 << 10;

  private static final int MAX_CERTIFICATE = 16 << 10;
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  public HostIdentity {
    if (!isName(name)) {
      throw new IllegalArgumentException("not a name for a host");
    }
  }

  /** {@return whether a host can have this name} */
  public static boolean isName(String name) {
    return name.matches(NAME);
  }

  /** Reads a document. */
  public static HostIdentity parse(byte[] bytes) throws ProtectorException {
    Json json = Json.parse(bytes, "host identity", MAX_BYTES);
    json.format(FORMAT).members("format", "name", "ekPublic", "ekCertificate", "tpm");
    String name = json.at("name").text(64);
    if (!isName(name)) {
      throw json.at("name").malformed("letters, digits, dots, hyphens", "something else");
    }
    Optional<Json> certificate = json.nullable("ekCertificate");
    return new HostIdentity(
        name,
        Members.bytes(json, "ekPublic", ChallengeRequest.MAX_PUBLIC),
        certificate.isPresent()
            ? Optional.of(Bytes.of(certificate.get().bytes(1, MAX_CERTIFICATE)))
            : Optional.empty(),
        Members.textOrEmpty(json.at("tpm").members("manufacturer"), "manufacturer", 16));
  }

  /** {@return the document} */
  public byte[] toBytes() {
    return Json.bytes(toJson());
  }

  ObjectNode toJson() {
    ObjectNode json = Json.object().put("format", FORMAT).put("name", name);
    Members.put(json, "ekPublic", ekPublic);
    ekCertificate.ifPresentOrElse(
        der -> Members.put(json, "ekCertificate", der), () -> json.putNull("ekCertificate"));
    Members.putTextOrNull(json.putObject("tpm"), "manufacturer", manufacturer);
    return json;
  }
}
