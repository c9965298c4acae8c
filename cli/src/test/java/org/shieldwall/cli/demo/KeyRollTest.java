package org.shieldwall.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.shieldwall.enclave.state.SealedVariables;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.Grant;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.VmClass;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.Bytes;

/** What the demonstration calls a rolled key is one. */
class KeyRollTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final SecretArena ARENA = SecretArena.plain();
  private static final UUID VM = new UUID(7, 8);

  private final GuardianKey owner = holder("owner");
  private final GuardianKey service = holder("service");

  private static GuardianKey holder(String name) {
    PrivateKeySet keys = PrivateKeySet.generate(RANDOM);
    try {
      return new GuardianKey(Guardian.create(name, Instant.now(), keys, RANDOM), keys);
    } catch (ProtectorException e) {
      throw new AssertionError(e);
    }
  }

  private KeyProtector.Created first() throws ProtectorException {
    OwnerPolicy policy =
        new OwnerPolicy(VmClass.SHIELDED, Assurance.TPM, List.of(), List.of(), Optional.empty());
    Grant grant =
        Grant.issue(
            owner.guardian(),
            owner.keys(),
            List.of(service.guardian()),
            policy,
            Instant.now(),
            RANDOM);
    return KeyProtector.createForVm(grant, VM, owner.keys(), RANDOM, ARENA);
  }

  private static KeyRoll.Generation sealed(KeyProtector protector, SecretBytes transportKey) {
    try (SecretBytes key = transportKey.derive(KeyLabel.UEFI_VARIABLES)) {
      byte[] file =
          SealedVariables.seal(new byte[] {1, 2, 3}, key, VM, protector.generation(), RANDOM);
      return new KeyRoll.Generation(protector, Bytes.of(file));
    }
  }

  @Test
  void aRolledKeyIsOne() throws Exception {
    try (KeyProtector.Created first = first();
        IngressEgress roll = first.protector().roll(service.keys(), RANDOM, ARENA)) {
      KeyRoll.Generation before = sealed(first.protector(), roll.ingress());
      KeyRoll.Generation after = sealed(roll.next(), roll.egress());

      KeyRoll.require(before, after, owner);

      assertThat(after.opensWith(roll.egress())).isTrue();
      assertThat(after.opensWith(roll.ingress())).isFalse();
      assertThat(before.opensWith(roll.egress())).isFalse();
    }
  }

  @Test
  void aKeyThatStayedIsNot() throws Exception {
    try (KeyProtector.Created first = first()) {
      KeyRoll.Generation state = sealed(first.protector(), first.transportKey());
      assertThatThrownBy(() -> KeyRoll.require(state, state, owner))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("the one before");
    }
  }

  @Test
  void aNewGenerationSealedWithTheOldKeyIsNot() throws Exception {
    try (KeyProtector.Created first = first();
        IngressEgress roll = first.protector().roll(service.keys(), RANDOM, ARENA)) {
      KeyRoll.Generation before = sealed(first.protector(), roll.ingress());
      KeyRoll.Generation after = sealed(roll.next(), roll.ingress());
      assertThatThrownBy(() -> KeyRoll.require(before, after, owner))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("its own key");
    }
  }
}
