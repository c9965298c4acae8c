package org.shieldwall.host.attest.hostkey;

import java.nio.file.Path;
import java.util.Optional;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.attest.ModeAttester;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.HostKeyChallengeRequest;
import org.shieldwall.protocol.HostKeyProof;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.ProofBinding;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;

/** The host's side of attestation in host-key mode: docs/protocol.md, section 4. */
public final class HostKeyAttester implements ModeAttester {
  private final Optional<Path> file;
  private final String tpm;

  /**
   * @param file the key; empty for the one in the TPM
   * @param tpm the TPM's address
   */
  public HostKeyAttester(Optional<Path> file, String tpm) {
    this.file = file;
    this.tpm = tpm;
  }

  /** {@return the key, open} */
  public static HostKeySigner open(Optional<Path> file, String tpm) throws AgentException {
    return file.isPresent() ? FileKey.read(file.get()) : TpmResidentKey.open(TpmAddress.parse(tpm));
  }

  @Override
  public AttestReply attest(HgsClient hgs, KeySet enclave)
      throws AgentException, HgsUnavailableException, RefusedException, InterruptedException {
    try (HostKeySigner key = open(file, tpm)) {
      NonceChallenge challenge = hgs.challenge(new HostKeyChallengeRequest(key.id(), enclave));
      Bytes message =
          ProofBinding.hostKey(challenge.nonce(), Bytes.of(enclave.id().bytes()), key.id());
      return hgs.attest(new HostKeyProof(challenge.token(), enclave, key.sign(message)));
    }
  }
}
