package org.shieldwall.protector;

/**
 * Why a document is refused: one code of a closed set, and where and what in words. Neither holds a
 * secret or any content of a document that holds one.
 */
public final class ProtectorException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Every reason there is. */
  public enum Code {
    /** Not the JSON or the encoding that the format asks for. */
    MALFORMED("malformed", "the document is malformed"),
    /** More bytes than the format allows. */
    TOO_LARGE("too-large", "the document is too large"),
    /** A format, or a version of it, that this reader does not know. */
    UNKNOWN_FORMAT("unknown-format", "the format is not known"),
    /** A JOSE header that asks for something else than the one suite of this version. */
    WRONG_ALGORITHM("wrong-algorithm", "the algorithm is not the one of this format"),
    /** A public key that is not one, or a private key that does not belong to its public key. */
    INVALID_KEY("invalid-key", "the key is not valid"),
    /** No signature where one must be. */
    MISSING_SIGNATURE("missing-signature", "the signature is missing"),
    /** A signature that the key which must have signed did not make over these bytes. */
    FOREIGN_SIGNATURE("foreign-signature", "the signature is not by the key it must be by"),
    /** Signed by somebody whom the owner's grant does not name. */
    UNKNOWN_SIGNER("unknown-signer", "the signer is not named in the owner's grant"),
    /** This key set's holder is neither the owner nor a guardian of the grant. */
    UNKNOWN_GUARDIAN("unknown-guardian", "the guardian is not named in the owner's grant"),
    /** The same key set twice in one grant. */
    DUPLICATE_GUARDIAN("duplicate-guardian", "the grant names a guardian twice"),
    /** The grant names a holder for whom the keying has no wrapping. */
    MISSING_WRAPPING("missing-wrapping", "a wrapping is missing"),
    /** The keying has a wrapping for somebody whom the grant does not name, or two for one. */
    EXTRA_WRAPPING("extra-wrapping", "there is a wrapping too many"),
    /** A genuine wrapping, made for another VM, generation, grant, holder or purpose. */
    WRONG_CONTEXT("wrong-context", "the wrapping was made for something else"),
    /** A wrapping that this key set does not open, or that has been altered. */
    WRAPPING_NOT_OPENED("wrapping-not-opened", "the wrapping does not open"),
    /** The keying's signer did not know the transport key. */
    WRONG_MAC("wrong-mac", "the keying is not authenticated by the transport key"),
    /** Signed parts that belong to different grants. */
    GRANT_MISMATCH("grant-mismatch", "the parts belong to different grants"),
    /** A generation or VM that does not follow from the one before. */
    GENERATION_MISMATCH("generation-mismatch", "the generation does not follow"),
    /** The owner's policy has ended. */
    EXPIRED("expired", "the owner's grant has expired"),
    /** Not an answer to this request, or to one already answered. */
    NOT_REQUESTED("not-requested", "this answers no open request"),
    /** A request or an answer that names another key protector than the one beside it. */
    PROTECTOR_MISMATCH("protector-mismatch", "another key protector is meant"),
    /** A request for another enclave. */
    ENCLAVE_MISMATCH("enclave-mismatch", "another enclave is meant"),
    /** What a release says of its host is not what was sealed with its keys. */
    HOST_MISMATCH("host-mismatch", "the release was made for another host"),
    /** Encrypted content that was not encrypted under this key, or has been altered. */
    PAYLOAD_ALTERED("payload-altered", "the content has been altered"),
    /** A template that the owner did not ask for. */
    TEMPLATE_MISMATCH("template-mismatch", "the template is not the one asked for"),
    /** The passphrase does not open the sealed file. */
    WRONG_PASSPHRASE("wrong-passphrase", "the passphrase is wrong"),
    /** The key file does not open the sealed file. */
    WRONG_KEY_FILE("wrong-key-file", "the key file is wrong"),
    /** Others may read a file that holds a secret. */
    UNSAFE_PERMISSIONS("unsafe-permissions", "others may read a secret"),
    /** A file that is already there is not overwritten. */
    FILE_EXISTS("file-exists", "the file exists"),
    /** The operating system refused to read or write a file. */
    FILE_NOT_USABLE("file-not-usable", "the file cannot be used");

    private final String id;
    private final String title;

    Code(String id, String title) {
      this.id = id;
      this.title = title;
    }

    /** {@return the code as problems and reports write it} */
    public String id() {
      return id;
    }

    /** {@return what happened, in a few words} */
    public String title() {
      return title;
    }
  }

  private final Code code;
  private final String detail;

  public ProtectorException(Code code, String detail) {
    super(code.id() + ": " + detail);
    this.code = code;
    this.detail = detail;
  }

  public Code code() {
    return code;
  }

  /** {@return where, what was expected and what was found; or the command that mends it} */
  public String detail() {
    return detail;
  }
}
