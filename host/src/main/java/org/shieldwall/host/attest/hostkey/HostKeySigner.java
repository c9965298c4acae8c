package org.shieldwall.host.attest.hostkey;

import java.security.PublicKey;
import org.shieldwall.host.AgentException;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** Something that holds a host key and signs with it. */
public sealed interface HostKeySigner extends AutoCloseable permits FileKey, TpmResidentKey {
  /** {@return the public key} */
  PublicKey publicKey();

  /** {@return the signature over {@code message}, in the one way of this kind of key} */
  Bytes sign(Bytes message) throws AgentException;

  /** {@return SHA-256 of the public key's SubjectPublicKeyInfo} */
  default Bytes id() {
    return TpmHash.SHA256.hash(Bytes.of(publicKey().getEncoded()));
  }

  @Override
  void close() throws AgentException;
}
