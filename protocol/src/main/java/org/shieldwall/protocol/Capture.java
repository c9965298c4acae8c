package org.shieldwall.protocol;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a host shows of itself in one file (docs/formats.md, capture): who it is, a quote, and the
 * logs that the quote proves. Nothing in it is verified by reading it. The quote answers a nonce
 * that the host chose: a capture says that a TPM once was in this state, never that it is in it
 * now. The quote's purpose differs from attestation's, so a capture cannot be sent as an answer to
 * a challenge.
 *
 * @param at when, by the host's clock
 * @param identity what an administrator registers
 * @param akPublic attestation key, TPM2B_PUBLIC
 * @param nonce 32 bytes that the host chose
 * @param enclave id of the enclave that ran, if one did; 32 bytes
 * @param quote the attested bytes, TPMS_ATTEST
 * @param signature over them, TPMT_SIGNATURE
 * @param pcrs value of each quoted PCR of the SHA-256 bank, by index
 * @param eventLog the firmware's event log as it stands
 * @param ima the kernel's IMA list, binary, where the kernel keeps one
 * @param kernel what the running kernel says of itself
 */
public record Capture(
    Instant at,
    HostIdentity identity,
    Bytes akPublic,
    Bytes nonce,
    Optional<Bytes> enclave,
    Bytes quote,
    Bytes signature,
    SortedMap<Integer, Bytes> pcrs,
    Bytes eventLog,
    Optional<Bytes> ima,
    Kernel kernel) {
  public static final String FORMAT = "shieldwall-capture-1";

  /** The largest file. */
  public static final int MAX_BYTES = 64 << 20;

  /** The longest event log in one. */
  public static final int MAX_EVENT_LOG = 8 << 20;

  /** The longest IMA list in one. */
  public static final int MAX_IMA = 38 << 20;

  private static final int SIZE = 32;
  private static final int MAX_QUOTE = 4096;
  private static final int MAX_RELEASE = 200;
  private static final int MAX_COMMAND_LINE = 8192;
  private static final byte[] PURPOSE = "shieldwall capture v1\0".getBytes(StandardCharsets.UTF_8);

  /**
   * What a kernel says of itself; believed only where its digest was measured.
   *
   * @param release as {@code uname -r} shows it; may be empty
   * @param commandLine as {@code /proc/cmdline} shows it; may be empty
   */
  public record Kernel(String release, String commandLine) {
    /** Keeps what a terminal can show, and no more than a document takes. */
    public Kernel {
      release = printable(release, MAX_RELEASE);
      commandLine = printable(commandLine, MAX_COMMAND_LINE);
    }

    private static String printable(String text, int length) {
      String start = text.strip();
      return start
          .substring(0, Math.min(length, start.length()))
          .replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "?");
    }
  }

  /** Copies the map; the time is in whole seconds. */
  public Capture {
    at = at.truncatedTo(ChronoUnit.SECONDS);
    pcrs = Collections.unmodifiableSortedMap(new TreeMap<>(pcrs));
    requireSize(nonce, "nonce");
    enclave.ifPresent(id -> requireSize(id, "enclave id"));
  }

  /** {@return whether a file means to be one, so that what is wrong with it can be said} */
  public static boolean looksLike(byte[] bytes) {
    byte[] format = ('"' + FORMAT + '"').getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at + format.length <= bytes.length; at++) {
      if (bytes[at] == format[0]
          && Arrays.equals(bytes, at, at + format.length, format, 0, format.length)) {
        return true;
      }
    }
    return false;
  }

  /** {@return what the quote of a capture carries} */
  public static Bytes extraData(Bytes nonce, Optional<Bytes> enclave) {
    requireSize(nonce, "nonce");
    MessageDigest sha256 = sha256();
    sha256.update(PURPOSE);
    nonce.updateInto(sha256);
    enclave.orElse(noEnclave()).updateInto(sha256);
    return Bytes.of(sha256.digest());
  }

  /** {@return what this capture's quote must carry} */
  public Bytes extraData() {
    return extraData(nonce, enclave);
  }

  /** {@return the id that stands for no enclave: 32 zero bytes, which no key set hashes to} */
  public static Bytes noEnclave() {
    return Bytes.of(new byte[SIZE]);
  }

  /** Reads a file. */
  public static Capture parse(byte[] bytes) throws ProtectorException {
    Json json = Json.parseMessage(bytes, "capture", MAX_BYTES).format(FORMAT);
    json.members("format", "at", "identity", "enclave", "quote", "eventLog", "ima", "kernel");
    Json quote =
        json.at("quote").members("akPublic", "nonce", "attested", "signature", "bank", "pcrs");
    if (!quote.at("bank").text(20).equals("sha256")) {
      throw quote.at("bank").malformed("\"sha256\"", "another bank");
    }
    Json kernel = json.at("kernel").members("release", "commandLine");
    Optional<Json> enclave = json.nullable("enclave");
    Optional<Json> ima = json.nullable("ima");
    return new Capture(
        json.at("at").time(),
        HostIdentity.parse(Json.bytes(json.at("identity").node())),
        Members.bytes(quote, "akPublic", ChallengeRequest.MAX_PUBLIC),
        Bytes.of(quote.at("nonce").bytes(SIZE)),
        enclave.isPresent() ? Optional.of(Bytes.of(enclave.get().bytes(SIZE))) : Optional.empty(),
        Members.bytes(quote, "attested", MAX_QUOTE),
        Members.bytes(quote, "signature", MAX_QUOTE),
        AttestRequest.pcrs(quote.at("pcrs")),
        Bytes.of(json.at("eventLog").bytes(0, MAX_EVENT_LOG)),
        ima.isPresent() ? Optional.of(Bytes.of(ima.get().bytes(0, MAX_IMA))) : Optional.empty(),
        new Kernel(
            kernel.at("release").textOrEmpty(MAX_RELEASE),
            kernel.at("commandLine").textOrEmpty(MAX_COMMAND_LINE)));
  }

  /** {@return the file} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("format", FORMAT).put("at", at.toString());
    json.set("identity", identity.toJson());
    enclave.ifPresentOrElse(id -> Members.put(json, "enclave", id), () -> json.putNull("enclave"));
    ObjectNode signed = json.putObject("quote");
    Members.put(signed, "akPublic", akPublic);
    Members.put(signed, "nonce", nonce);
    Members.put(signed, "attested", quote);
    Members.put(signed, "signature", signature);
    ObjectNode values = signed.put("bank", "sha256").putObject("pcrs");
    pcrs.forEach((index, value) -> values.put(index.toString(), value.hex()));
    Members.put(json, "eventLog", eventLog);
    ima.ifPresentOrElse(list -> Members.put(json, "ima", list), () -> json.putNull("ima"));
    json.putObject("kernel")
        .put("release", kernel.release())
        .put("commandLine", kernel.commandLine());
    return Json.bytes(json);
  }

  @Override
  public String toString() {
    return "Capture[host=" + identity.name() + ", at=" + at + "]";
  }

  private static void requireSize(Bytes value, String what) {
    if (value.length() != SIZE) {
      throw new IllegalArgumentException(what + " of " + value.length() + " bytes, not " + SIZE);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
