package org.shieldwall.hgs.testing;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.Grant;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PendingRelease;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.Release;
import org.shieldwall.protector.ReleaseRequest;
import org.shieldwall.protector.ReleaseRequest.Purpose;
import org.shieldwall.protector.RestoreGrant;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.tpm.Bytes;

/** An owner of VMs, and what an enclave does with the protectors they make. */
public final class TestOwner {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final PrivateKeySet keys = PrivateKeySet.generate(RANDOM);
  private final Guardian guardian = Guardian.create("Owner", Instant.now(), keys, RANDOM);

  public TestOwner() throws Exception {}

  public Grant grant(Guardian service, OwnerPolicy policy) throws Exception {
    return Grant.issue(guardian, keys, List.of(service), policy, Instant.now(), RANDOM);
  }

  /** {@return a protector as it stands in shielding data} */
  public KeyProtector shieldingData(Guardian service, OwnerPolicy policy) throws Exception {
    try (KeyProtector.Created made =
        KeyProtector.createForShieldingData(
            grant(service, policy), keys, RANDOM, SecretArena.plain())) {
      return made.protector();
    }
  }

  /** {@return a protector of an existing VM that the owner shields himself} */
  public KeyProtector existingVm(Guardian service) throws Exception {
    try (KeyProtector.Created made =
        KeyProtector.createForVm(
            grant(service, OwnerPolicy.shielded()),
            UUID.randomUUID(),
            keys,
            RANDOM,
            SecretArena.plain())) {
      return made.protector();
    }
  }

  /** {@return a grant to start once from an older state} */
  public RestoreGrant restore(KeyProtector protector, Digest state, Instant now) throws Exception {
    return RestoreGrant.sign(protector, state, now, keys, RANDOM);
  }

  public static PendingRelease request(KeyProtector protector, PrivateKeySet enclave)
      throws Exception {
    Purpose purpose = protector.vm().isPresent() ? Purpose.START : Purpose.PROVISION;
    return ReleaseRequest.create(purpose, protector, enclave, RANDOM);
  }

  /** Asks for the keys, opens the answer as an enclave does, and returns the next protector. */
  public static KeyProtector release(
      HgsClient hgs, Bytes certificate, KeyProtector protector, PrivateKeySet enclave)
      throws Exception {
    PendingRelease pending = request(protector, enclave);
    Release release = hgs.release(certificate, pending.request().toJson(), protector.toJson());
    try (IngressEgress opened = release.open(pending, enclave, SecretArena.plain())) {
      return opened.next();
    }
  }
}
