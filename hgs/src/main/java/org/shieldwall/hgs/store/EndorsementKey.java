package org.shieldwall.hgs.store;

import java.security.PublicKey;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/**
 * An endorsement key and what it is known by.
 *
 * @param key in Java's terms
 * @param id SHA-256 of its SubjectPublicKeyInfo: the same whether it came from a public area or
 *     from a certificate
 */
public record EndorsementKey(PublicKey key, Bytes id) {
  /** Reads a TPM2B_PUBLIC. */
  public static EndorsementKey of(Bytes sizedPublic) throws MalformedException {
    return of(TpmPublic.parseSized(sizedPublic.toArray()).publicKey());
  }

  /** {@return the key with its id} */
  public static EndorsementKey of(PublicKey key) {
    return new EndorsementKey(key, TpmHash.SHA256.hash(Bytes.of(key.getEncoded())));
  }
}
