package org.shieldwall.protocol;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * A host's evidence (docs/protocol.md, section 2). Nothing in it is verified.
 *
 * @param token of the challenge
 * @param activatedSecret what TPM2_ActivateCredential returned; empty where nothing had to be
 *     activated
 * @param akPublic attestation key, TPM2B_PUBLIC
 * @param enclave the enclave's public keys
 * @param quote the attested bytes, TPMS_ATTEST
 * @param signature over them, TPMT_SIGNATURE
 * @param pcrs value of each quoted PCR of the SHA-256 bank, by index
 * @param eventLog the firmware's event log as it stands
 * @param ima the kernel's IMA list, binary, where it was asked for, from the entry on that was
 *     asked for
 * @param commandLine what the running kernel says that it was told; believed only where its digest
 *     was measured
 */
public record AttestRequest(
    String token,
    Bytes activatedSecret,
    Bytes akPublic,
    KeySet enclave,
    Bytes quote,
    Bytes signature,
    SortedMap<Integer, Bytes> pcrs,
    Bytes eventLog,
    Optional<Bytes> ima,
    Optional<String> commandLine) {
  /** The longest body. */
  public static final int MAX_BYTES = 64 << 20;

  private static final int MAX_SECRET = 64;
  private static final int MAX_QUOTE = 4096;
  private static final int MAX_EVENT_LOG = 16 << 20;
  private static final int MAX_IMA = 47 << 20;
  private static final int PCR_SIZE = 32;
  private static final Pattern NOT_PRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

  /** Four times what the kernel takes on most machines. */
  private static final int MAX_COMMAND_LINE = 8192;

  /** Copies the map; a command line that is no text to be shown, or too long, is left out. */
  public AttestRequest {
    pcrs = Collections.unmodifiableSortedMap(new TreeMap<>(pcrs));
    commandLine =
        commandLine
            .map(String::strip)
            .filter(line -> !line.isEmpty() && line.length() <= MAX_COMMAND_LINE)
            .filter(line -> !NOT_PRINTABLE.matcher(line).find());
  }

  /** Evidence without a word of the command line. */
  public AttestRequest(
      String token,
      Bytes activatedSecret,
      Bytes akPublic,
      KeySet enclave,
      Bytes quote,
      Bytes signature,
      SortedMap<Integer, Bytes> pcrs,
      Bytes eventLog,
      Optional<Bytes> ima) {
    this(
        token,
        activatedSecret,
        akPublic,
        enclave,
        quote,
        signature,
        pcrs,
        eventLog,
        ima,
        Optional.empty());
  }

  /** Reads a body. */
  public static AttestRequest parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "attest request", MAX_BYTES)
            .members(
                "token",
                "activatedSecret",
                "akPublic",
                "enclave",
                "quote",
                "signature",
                "pcrs",
                "eventLog",
                "ima",
                "commandLine");
    Optional<Json> ima = json.nullable("ima");
    Optional<Json> line = json.nullable("commandLine");
    return new AttestRequest(
        json.at("token").text(Challenge.MAX_TOKEN),
        Members.bytesOrEmpty(json, "activatedSecret", MAX_SECRET),
        Members.bytes(json, "akPublic", ChallengeRequest.MAX_PUBLIC),
        KeySet.fromJson(json.at("enclave")),
        Members.bytes(json, "quote", MAX_QUOTE),
        Members.bytes(json, "signature", MAX_QUOTE),
        pcrs(json.at("pcrs")),
        Bytes.of(json.at("eventLog").bytes(0, MAX_EVENT_LOG)),
        ima.isPresent() ? Optional.of(Bytes.of(ima.get().bytes(0, MAX_IMA))) : Optional.empty(),
        line.isPresent() ? Optional.of(line.get().text(MAX_COMMAND_LINE)) : Optional.empty());
  }

  static SortedMap<Integer, Bytes> pcrs(Json json) throws ProtectorException {
    SortedMap<Integer, Bytes> pcrs = new TreeMap<>();
    for (String name : json.names()) {
      if (!name.matches("\\d|1\\d|2[0-3]")) {
        throw json.malformed("PCR numbers from 0 to 23", "another name");
      }
      String hex = json.at(name).text(2 * PCR_SIZE);
      if (!hex.matches("[0-9a-f]{" + 2 * PCR_SIZE + "}")) {
        throw json.at(name).malformed(PCR_SIZE + " bytes in lower-case hex", "something else");
      }
      pcrs.put(Integer.valueOf(name), Bytes.ofHex(hex));
    }
    return pcrs;
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("token", token);
    Members.putUnlessEmpty(json, "activatedSecret", activatedSecret);
    Members.put(json, "akPublic", akPublic);
    json.set("enclave", enclave.toJson());
    Members.put(json, "quote", quote);
    Members.put(json, "signature", signature);
    ObjectNode values = json.putObject("pcrs");
    pcrs.forEach((index, value) -> values.put(index.toString(), value.hex()));
    Members.put(json, "eventLog", eventLog);
    ima.ifPresentOrElse(list -> Members.put(json, "ima", list), () -> json.putNull("ima"));
    commandLine.ifPresentOrElse(
        line -> json.put("commandLine", line), () -> json.putNull("commandLine"));
    return Json.bytes(json);
  }

  @Override
  public String toString() {
    return "AttestRequest[enclave=" + enclave.id() + "]";
  }
}
