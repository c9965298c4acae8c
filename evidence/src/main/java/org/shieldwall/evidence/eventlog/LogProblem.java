package org.shieldwall.evidence.eventlog;

/**
 * Something in a log that keeps a fact from being drawn.
 *
 * @param code what kind
 * @param event index of the event; -1 for the log as a whole
 * @param offset where in the log, in bytes
 * @param pcr the event's PCR, an unsigned 32-bit number; -1 for the log as a whole
 * @param detail in words
 */
public record LogProblem(Code code, int event, long offset, long pcr, String detail) {
  /** Kinds of problems. */
  public enum Code {
    /** Data that must hash to the digest does not. */
    DIGEST_MISMATCH("digest-mismatch"),
    /** Data that hashes to its digest and is not laid out as its type asks. */
    CONTENT_MALFORMED("content-malformed"),
    /** A tagged event whose lengths lead outside it, or that is nested too deeply. */
    TAGGED_EVENT_MALFORMED("tagged-event-malformed"),
    /** A type that no specification names. */
    UNKNOWN_TYPE("unknown-event-type"),
    /** A type that has no business in this PCR. */
    UNEXPECTED_TYPE("unexpected-event-type"),
    /** Only the variable's value is under the digest, not its name. */
    NAME_NOT_MEASURED("variable-name-not-measured"),
    /** Firmware reports an error. */
    ERROR_SEPARATOR("error-separator"),
    /** The Secure Boot variable is absent, empty, given twice or measured too late. */
    SECURE_BOOT_UNREADABLE("secure-boot-unreadable"),
    /** No version of the root of trust for measurement whose digest matches. */
    NO_SCRTM_VERSION("no-scrtm-version"),
    /** An event that extends a PCR that no TPM has. */
    PCR_OUT_OF_RANGE("pcr-out-of-range"),
    /** The log lacks the Spec ID event that should announce its format. */
    NO_HEADER("header-missing"),
    /** Events lack digests of a bank that the header announces. */
    BANK_INCOMPLETE("bank-incomplete");

    private final String label;

    Code(String label) {
      this.label = label;
    }

    /** {@return whether the log contradicts itself, rather than being silent on something} */
    public boolean isContradiction() {
      return this == DIGEST_MISMATCH || this == ERROR_SEPARATOR || this == PCR_OUT_OF_RANGE;
    }

    /** {@return whether measured content is not laid out as it has to be} */
    public boolean isMalformed() {
      return this == CONTENT_MALFORMED || this == TAGGED_EVENT_MALFORMED;
    }

    /** {@return the code used in output} */
    public String label() {
      return label;
    }
  }

  static LogProblem of(Code code, UntrustedEvent event, String detail) {
    return new LogProblem(code, event.index(), event.offset(), event.pcr(), detail);
  }
}
