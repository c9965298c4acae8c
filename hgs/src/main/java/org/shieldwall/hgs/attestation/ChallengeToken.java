package org.shieldwall.hgs.attestation;

import java.time.Instant;
import java.util.Optional;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * What the service must know again when an answer to a challenge comes: it travels, sealed, with
 * the host, so that any node can take the answer and none stores anything.
 *
 * @param id 16 random bytes: spent once
 * @param expires from then on it is no longer good; whole seconds
 * @param nonce 32 bytes that the quote must cover
 * @param proof what the answer must show
 * @param ek SHA-256 of the SubjectPublicKeyInfo of the endorsement key, or of the host key; zeros
 *     in directory mode, where the answer says who it is from
 * @param akName name of the attestation key; empty in the other modes
 * @param enclave id of the enclave's key set
 * @param offset where the IMA list may begin; nothing: with its first entry
 */
record ChallengeToken(
    Bytes id,
    Instant expires,
    Bytes nonce,
    Proof proof,
    Bytes ek,
    Bytes akName,
    Bytes enclave,
    Optional<ImaOffset> offset) {
  static final int ID_SIZE = 16;
  static final int SECRET_SIZE = 32;
  static final int NONCE_SIZE = 32;
  private static final int VERSION = 1;
  private static final int ACTIVATION = 1;
  private static final int CERTIFICATE = 2;
  private static final int MAX_SERIAL = 20;
  private static final int HOST_KEY = 3;
  private static final int DIRECTORY = 4;
  private static final int DIGEST_SIZE = 32;
  private static final int MAX_NAME = 66;

  /**
   * What the answer must show: in TPM mode, that the attestation key lies in the TPM of the
   * endorsement key, in one of two ways; in the others, who the host is.
   */
  sealed interface Proof {
    /**
     * By activating a credential.
     *
     * @param secret 32 bytes that only the TPM with both keys gets
     */
    record Activation(Bytes secret) implements Proof {
      @Override
      public String toString() {
        return "Activation";
      }
    }

    /**
     * By a certificate that an earlier activation earned.
     *
     * @param serial its number
     */
    record Certificate(Bytes serial) implements Proof {}

    /** By a signature of the registered host key. */
    record HostKey() implements Proof {}

    /** By a ticket of the directory. */
    record Ticket() implements Proof {}
  }

  /** {@return the mode in which it must be answered} */
  AttestationMode mode() {
    return switch (proof) {
      case Proof.Activation _, Proof.Certificate _ -> AttestationMode.TPM;
      case Proof.HostKey _ -> AttestationMode.HOST_KEY;
      case Proof.Ticket _ -> AttestationMode.DIRECTORY;
    };
  }

  byte[] encoded() {
    ByteWriter out =
        new ByteWriter().u8(VERSION).bytes(id).u64(expires.getEpochSecond()).bytes(nonce);
    switch (proof) {
      case Proof.Activation(Bytes secret) -> out.u8(ACTIVATION).bytes(secret);
      case Proof.Certificate(Bytes serial) -> out.u8(CERTIFICATE).sized(serial);
      case Proof.HostKey _ -> out.u8(HOST_KEY);
      case Proof.Ticket _ -> out.u8(DIRECTORY);
    }
    out.bytes(ek).sized(akName).bytes(enclave).u8(offset.isPresent() ? 1 : 0);
    offset.ifPresent(each -> each.write(out));
    return out.toByteArray();
  }

  static ChallengeToken decode(byte[] encoded) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(encoded, "challenge token");
    int version = in.u8("version");
    if (version != VERSION) {
      throw in.malformed("version " + VERSION, "version " + version);
    }
    Bytes id = Bytes.of(in.bytes(ID_SIZE, "id"));
    Instant expires = Instant.ofEpochSecond(in.u64("expires"));
    Bytes nonce = Bytes.of(in.bytes(NONCE_SIZE, "nonce"));
    Proof proof = proof(in);
    Bytes ek = Bytes.of(in.bytes(DIGEST_SIZE, "ek"));
    Bytes akName = Bytes.of(in.bytes(Math.min(MAX_NAME, in.u16("akName")), "akName"));
    Bytes enclave = Bytes.of(in.bytes(DIGEST_SIZE, "enclave"));
    Optional<ImaOffset> offset =
        in.u8("offset") == 1 ? Optional.of(ImaOffset.read(in)) : Optional.empty();
    in.end();
    return new ChallengeToken(id, expires, nonce, proof, ek, akName, enclave, offset);
  }

  private static Proof proof(ByteReader in) throws MalformedException {
    int kind = in.u8("proof");
    return switch (kind) {
      case ACTIVATION -> new Proof.Activation(Bytes.of(in.bytes(SECRET_SIZE, "secret")));
      case CERTIFICATE ->
          new Proof.Certificate(
              Bytes.of(in.bytes(Math.min(MAX_SERIAL, in.u16("serial")), "serial")));
      case HOST_KEY -> new Proof.HostKey();
      case DIRECTORY -> new Proof.Ticket();
      default -> throw in.malformed("a proof of kind 1 to 4", "kind " + kind);
    };
  }

  /** {@return how many entries of the IMA list the host need not send} */
  long imaFrom() {
    return offset.map(ImaOffset::entries).orElse(0L);
  }

  @Override
  public String toString() {
    return "ChallengeToken[" + mode().id() + ", expires=" + expires + "]";
  }
}
