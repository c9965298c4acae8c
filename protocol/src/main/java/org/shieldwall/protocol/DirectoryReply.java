package org.shieldwall.protocol;

import java.nio.charset.StandardCharsets;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * The host proved itself in directory mode, and the service does so too (docs/protocol.md, section
 * 4).
 *
 * @param attested as in every mode
 * @param spnego the acceptor's token, which holds a Kerberos AP-REP
 * @param mic over {@link ProofBinding#directoryReply}, by the key of the exchange
 */
public record DirectoryReply(AttestReply attested, Bytes spnego, Bytes mic) {
  /** The longest body. */
  public static final int MAX_BYTES = 2 * AttestReply.MAX_BYTES;

  private static final int MAX_TOKEN = 16 << 10;

  /** Reads a body. */
  public static DirectoryReply parse(byte[] body) throws ProtectorException {
    Json json = Json.parse(body, "directory reply", MAX_BYTES).members("attested", "spnego", "mic");
    return new DirectoryReply(
        AttestReply.parse(json.at("attested").node().toString().getBytes(StandardCharsets.UTF_8)),
        Members.bytes(json, "spnego", MAX_TOKEN),
        Members.bytes(json, "mic", DirectoryProof.MAX_MIC));
  }

  /** {@return the body} */
  public byte[] toBytes() throws ProtectorException {
    ObjectNode json = Json.object();
    json.set(
        "attested", Json.parse(attested.toBytes(), "attest reply", AttestReply.MAX_BYTES).node());
    Members.put(json, "spnego", spnego);
    return Json.bytes(Members.put(json, "mic", mic));
  }
}
