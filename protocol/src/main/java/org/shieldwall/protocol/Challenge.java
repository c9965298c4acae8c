package org.shieldwall.protocol;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a host must answer (docs/protocol.md, section 1).
 *
 * @param token opaque; to be sent back once
 * @param nonce 32 bytes, for the quote
 * @param credentialBlob TPM2B_ID_OBJECT; empty where a certificate of the attestation key stands
 *     for its activation
 * @param encryptedSecret TPM2B_ENCRYPTED_SECRET; empty like it
 * @param pcrs PCRs of the SHA-256 bank to quote, ascending
 * @param wantsIma whether the IMA list is wanted beside the event log
 * @param imaFrom how many entries of the IMA list the service knows already; 0 asks for all
 * @param expires when the token is no longer good
 */
public record Challenge(
    String token,
    Bytes nonce,
    Bytes credentialBlob,
    Bytes encryptedSecret,
    List<Integer> pcrs,
    boolean wantsIma,
    long imaFrom,
    Instant expires) {
  /** The longest body. */
  public static final int MAX_BYTES = 64 << 10;

  /** The longest token. */
  public static final int MAX_TOKEN = 4096;

  static final int NONCE_SIZE = 32;
  private static final String BANK = "sha256";
  private static final String EVENT_LOG = "event-log";
  private static final String IMA = "ima";
  private static final int MAX_CREDENTIAL = 2048;
  private static final long MAX_IMA_ENTRIES = 1L << 31;

  /** Copies the list. */
  public Challenge {
    pcrs = List.copyOf(pcrs);
  }

  /** {@return whether a credential has to be activated} */
  public boolean asksForActivation() {
    return credentialBlob.length() > 0;
  }

  /** Reads a body. */
  public static Challenge parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parse(body, "challenge", MAX_BYTES)
            .members(
                "token",
                "nonce",
                "credentialBlob",
                "encryptedSecret",
                "bank",
                "pcrs",
                "wants",
                "imaFrom",
                "expires");
    if (!json.at("bank").text(20).equals(BANK)) {
      throw json.at("bank").malformed("\"" + BANK + "\"", "another bank");
    }
    List<Integer> pcrs = new ArrayList<>();
    for (Json pcr : json.at("pcrs").list(1, 24)) {
      int index = (int) pcr.number(0, 23);
      if (!pcrs.isEmpty() && pcrs.getLast() >= index) {
        throw pcr.malformed("ascending numbers", String.valueOf(index));
      }
      pcrs.add(index);
    }
    List<String> wants = Members.texts(json, "wants", 2, 20);
    boolean ima = wants.equals(List.of(EVENT_LOG, IMA));
    if (!ima && !wants.equals(List.of(EVENT_LOG))) {
      throw json.at("wants").malformed("event-log, and perhaps ima", String.join(", ", wants));
    }
    return new Challenge(
        json.at("token").text(MAX_TOKEN),
        Bytes.of(json.at("nonce").bytes(NONCE_SIZE)),
        Members.bytesOrEmpty(json, "credentialBlob", MAX_CREDENTIAL),
        Members.bytesOrEmpty(json, "encryptedSecret", MAX_CREDENTIAL),
        pcrs,
        ima,
        json.at("imaFrom").number(0, MAX_IMA_ENTRIES),
        json.at("expires").time());
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("token", token);
    Members.put(json, "nonce", nonce);
    Members.putUnlessEmpty(json, "credentialBlob", credentialBlob);
    Members.putUnlessEmpty(json, "encryptedSecret", encryptedSecret);
    json.put("bank", BANK);
    ArrayNode array = json.putArray("pcrs");
    pcrs.forEach(array::add);
    Members.putTexts(json, "wants", wantsIma ? List.of(EVENT_LOG, IMA) : List.of(EVENT_LOG));
    return Json.bytes(json.put("imaFrom", imaFrom).put("expires", expires.toString()));
  }

  @Override
  public String toString() {
    return "Challenge[expires=" + expires + "]";
  }
}
