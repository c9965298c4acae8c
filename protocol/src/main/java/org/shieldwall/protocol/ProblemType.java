package org.shieldwall.protocol;

import java.util.Arrays;
import java.util.Optional;

/** Every kind of refusal the service answers with (RFC 9457, section 3.1.1). */
public enum ProblemType {
  /** The request's bytes are not what the protocol asks for. */
  MALFORMED("malformed", 400, "The request is malformed"),
  /** The challenge token is unknown, expired, altered or used. */
  TOKEN_REFUSED("token-refused", 401, "The challenge is no longer good"),
  /** The health certificate is not trusted, out of time or withdrawn. */
  CERTIFICATE_REFUSED("certificate-refused", 401, "The health certificate is not good"),
  /** The host did not prove what it must. */
  ATTESTATION_REFUSED("attestation-refused", 403, "The host did not prove itself"),
  /** The key protector or its owner's policy does not allow this release. */
  RELEASE_REFUSED("release-refused", 403, "The keys are not released"),
  /** What an enclave reports of a VM does not hold. */
  REPORT_REFUSED("report-refused", 403, "The report is not taken"),
  /** There is no such resource. */
  NOT_FOUND("not-found", 404, "There is nothing at this address"),
  /** The resource does not know this method. */
  METHOD_NOT_ALLOWED("method-not-allowed", 405, "This address does not know that method"),
  /** An old or a second copy of a VM. */
  GENERATION_SUPERSEDED("generation-superseded", 409, "This copy of the VM is out of date"),
  /** Another enclave has the VM. */
  VM_RUNS_ELSEWHERE("vm-runs-elsewhere", 409, "The VM runs on another host"),
  /** The body's length was not said beforehand. */
  LENGTH_REQUIRED("length-required", 411, "The length of the body must be given"),
  /** The body is longer than this address takes. */
  TOO_LARGE("too-large", 413, "The request is too large"),
  /** The body is not JSON. */
  UNSUPPORTED_MEDIA_TYPE("unsupported-media-type", 415, "The body must be application/json"),
  /** More is asked than the service does at a time. */
  TOO_MANY("too-many-requests", 429, "The service has too much to do"),
  /** Something the service needs is missing: its store, for instance. */
  NOT_READY("not-ready", 503, "The service is not ready"),
  /** A fault of the service's own. */
  INTERNAL("internal", 500, "The service failed");

  private static final String PREFIX = "urn:shieldwall:problem:";

  private final String code;
  private final int status;
  private final String title;

  ProblemType(String code, int status, String title) {
    this.code = code;
    this.status = status;
    this.title = title;
  }

  /** {@return the short name} */
  public String code() {
    return code;
  }

  /** {@return the URN in {@code type}} */
  public String urn() {
    return PREFIX + code;
  }

  /** {@return the HTTP status} */
  public int status() {
    return status;
  }

  /** {@return one line for a person} */
  public String title() {
    return title;
  }

  /** {@return the type with this URN, if this version knows it} */
  public static Optional<ProblemType> ofUrn(String urn) {
    return Arrays.stream(values()).filter(type -> type.urn().equals(urn)).findFirst();
  }
}
