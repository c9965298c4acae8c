package org.shieldwall.hgs.attestation;

import java.time.Instant;
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
 * @param proof how the attestation key is shown to lie in the TPM of the endorsement key
 * @param ek SHA-256 of the endorsement key's SubjectPublicKeyInfo
 * @param akName name of the attestation key
 * @param enclave id of the enclave's key set
 */
record ChallengeToken(
    Bytes id, Instant expires, Bytes nonce, Proof proof, Bytes ek, Bytes akName, Bytes enclave) {
  static final int ID_SIZE = 16;
  static final int SECRET_SIZE = 32;
  static final int NONCE_SIZE = 32;
  private static final int VERSION = 1;
  private static final int ACTIVATION = 1;
  private static final int CERTIFICATE = 2;
  private static final int MAX_SERIAL = 20;
  private static final int DIGEST_SIZE = 32;
  private static final int MAX_NAME = 66;

  /** How the attestation key is shown to lie in the TPM of the endorsement key. */
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
  }

  byte[] encoded() {
    ByteWriter out =
        new ByteWriter().u8(VERSION).bytes(id).u64(expires.getEpochSecond()).bytes(nonce);
    switch (proof) {
      case Proof.Activation(Bytes secret) -> out.u8(ACTIVATION).bytes(secret);
      case Proof.Certificate(Bytes serial) -> out.u8(CERTIFICATE).sized(serial);
    }
    return out.bytes(ek).sized(akName).bytes(enclave).toByteArray();
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
    in.end();
    return new ChallengeToken(id, expires, nonce, proof, ek, akName, enclave);
  }

  private static Proof proof(ByteReader in) throws MalformedException {
    int kind = in.u8("proof");
    return switch (kind) {
      case ACTIVATION -> new Proof.Activation(Bytes.of(in.bytes(SECRET_SIZE, "secret")));
      case CERTIFICATE ->
          new Proof.Certificate(
              Bytes.of(in.bytes(Math.min(MAX_SERIAL, in.u16("serial")), "serial")));
      default -> throw in.malformed("a proof of kind 1 or 2", "kind " + kind);
    };
  }

  @Override
  public String toString() {
    return "ChallengeToken[expires=" + expires + "]";
  }
}
