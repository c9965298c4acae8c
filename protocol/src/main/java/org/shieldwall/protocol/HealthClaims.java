package org.shieldwall.protocol;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a health certificate says of its host (docs/protocol.md, section 2).
 *
 * @param mode how it attested: {@link AttestationMode#id()}
 * @param assurance what that is worth, in the words of an owner's policy
 * @param host its registered name; in directory mode the name of its account, {@code NAME$@REALM}
 * @param identity what it is known by: SHA-256 of the SubjectPublicKeyInfo of its endorsement key
 *     or host key, hexadecimal; in directory mode its account's SID
 * @param group SID of the registered group that it is a member of; empty in the other modes
 * @param enclave public keys of its enclave
 * @param policyName the attestation policy's name
 * @param policyVersion the attestation policy's version
 * @param baselines names of the boot baselines that it matches
 * @param resetCount the TPM's count of power cycles, from the quote
 * @param restartCount the TPM's count of resumes, from the quote
 * @param checks labels of the checks that were made, all of which it passed
 * @param exceptions checks that it was not held to, and until when
 */
public record HealthClaims(
    String mode,
    String assurance,
    String host,
    String identity,
    String group,
    KeySet enclave,
    String policyName,
    int policyVersion,
    List<String> baselines,
    long resetCount,
    long restartCount,
    List<String> checks,
    List<ExceptedCheck> exceptions) {
  private static final int MAX_CHECKS = 64;
  private static final String FORMAT = "shieldwall-health-1";
  private static final int MAX_BYTES = 32 << 10;
  private static final int MAX_NAME = 200;
  private static final int MAX_BASELINES = 64;
  private static final long UINT32 = 0xFFFF_FFFFL;

  /** Copies the lists. */
  public HealthClaims {
    baselines = List.copyOf(baselines);
    checks = List.copyOf(checks);
    exceptions = List.copyOf(exceptions);
  }

  /** Claims of a host whose boot was not looked at. */
  public HealthClaims(
      String mode,
      String assurance,
      String host,
      String identity,
      String group,
      KeySet enclave,
      String policyName,
      int policyVersion,
      List<String> baselines,
      long resetCount,
      long restartCount) {
    this(
        mode,
        assurance,
        host,
        identity,
        group,
        enclave,
        policyName,
        policyVersion,
        baselines,
        resetCount,
        restartCount,
        List.of(),
        List.of());
  }

  /**
   * A check that a host was not held to.
   *
   * @param check its label
   * @param until when it will be again
   */
  public record ExceptedCheck(String check, Instant until) {}

  /** Reads the extension's JSON. */
  public static HealthClaims parse(byte[] utf8) throws ProtectorException {
    return fromJson(Json.parse(utf8, "health claims", MAX_BYTES));
  }

  static HealthClaims fromJson(Json json) throws ProtectorException {
    json.members(
            "format",
            "mode",
            "assurance",
            "host",
            "identity",
            "group",
            "enclave",
            "policy",
            "baselines",
            "resetCount",
            "restartCount",
            "checks",
            "exceptions")
        .format(FORMAT);
    Json policy = json.at("policy").members("name", "version");
    return new HealthClaims(
        json.at("mode").text(20),
        json.at("assurance").text(20),
        json.at("host").text(MAX_NAME),
        json.at("identity").text(MAX_NAME),
        Members.textOrEmpty(json, "group", MAX_NAME),
        KeySet.fromJson(json.at("enclave")),
        policy.at("name").text(MAX_NAME),
        (int) policy.at("version").number(1, Integer.MAX_VALUE),
        Members.texts(json, "baselines", MAX_BASELINES, MAX_NAME),
        json.at("resetCount").number(0, UINT32),
        json.at("restartCount").number(0, UINT32),
        Members.texts(json, "checks", MAX_CHECKS, MAX_NAME),
        exceptions(json.at("exceptions")));
  }

  private static List<ExceptedCheck> exceptions(Json json) throws ProtectorException {
    List<ExceptedCheck> exceptions = new ArrayList<>();
    for (Json each : json.list(0, MAX_CHECKS)) {
      each.members("check", "until");
      exceptions.add(new ExceptedCheck(each.at("check").text(MAX_NAME), each.at("until").time()));
    }
    return exceptions;
  }

  /** {@return the JSON form} */
  public ObjectNode toJson() {
    ObjectNode json =
        Json.object()
            .put("format", FORMAT)
            .put("mode", mode)
            .put("assurance", assurance)
            .put("host", host)
            .put("identity", identity);
    Members.putTextOrNull(json, "group", group);
    json.set("enclave", enclave.toJson());
    json.putObject("policy").put("name", policyName).put("version", policyVersion);
    Members.putTexts(json, "baselines", baselines);
    json.put("resetCount", resetCount).put("restartCount", restartCount);
    Members.putTexts(json, "checks", checks);
    ArrayNode excepted = json.putArray("exceptions");
    for (ExceptedCheck each : exceptions) {
      excepted.addObject().put("check", each.check()).put("until", each.until().toString());
    }
    return json;
  }
}
