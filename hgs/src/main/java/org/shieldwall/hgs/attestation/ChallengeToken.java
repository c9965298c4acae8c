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
 * @param secret 32 bytes that only the TPM with the endorsement key and the attestation key gets
 * @param ek SHA-256 of the endorsement key's SubjectPublicKeyInfo
 * @param akName name of the attestation key
 * @param enclave id of the enclave's key set
 */
record ChallengeToken(
    Bytes id, Instant expires, Bytes nonce, Bytes secret, Bytes ek, Bytes akName, Bytes enclave) {
  static final int ID_SIZE = 16;
  static final int SECRET_SIZE = 32;
  static final int NONCE_SIZE = 32;
  private static final int VERSION = 1;
  private static final int DIGEST_SIZE = 32;
  private static final int MAX_NAME = 66;

  byte[] encoded() {
    return new ByteWriter()
        .u8(VERSION)
        .bytes(id)
        .u64(expires.getEpochSecond())
        .bytes(nonce)
        .bytes(secret)
        .bytes(ek)
        .sized(akName)
        .bytes(enclave)
        .toByteArray();
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
    Bytes secret = Bytes.of(in.bytes(SECRET_SIZE, "secret"));
    Bytes ek = Bytes.of(in.bytes(DIGEST_SIZE, "ek"));
    Bytes akName = Bytes.of(in.bytes(Math.min(MAX_NAME, in.u16("akName")), "akName"));
    Bytes enclave = Bytes.of(in.bytes(DIGEST_SIZE, "enclave"));
    in.end();
    return new ChallengeToken(id, expires, nonce, secret, ek, akName, enclave);
  }

  @Override
  public String toString() {
    return "ChallengeToken[expires=" + expires + "]";
  }
}
