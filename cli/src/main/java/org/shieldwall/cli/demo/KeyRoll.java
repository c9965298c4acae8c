package org.shieldwall.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.shieldwall.enclave.state.AlteredException;
import org.shieldwall.enclave.state.SealedVariables;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.Bytes;

/** Whether a start gave a VM another key: looked at by its owner, who can open every generation. */
final class KeyRoll {
  private KeyRoll() {}

  /**
   * A VM's state as its files are at one moment.
   *
   * @param protector its key, locked
   * @param variables its UEFI variables, encrypted with a key derived from that one
   */
  record Generation(KeyProtector protector, Bytes variables) {
    static Generation of(Path vm) throws IOException, ProtectorException {
      Path state = vm.resolve("state").toRealPath();
      return new Generation(
          KeyProtector.parse(Files.readAllBytes(state.resolve("protector.json"))),
          Bytes.of(Files.readAllBytes(state.resolve("uefi.vars"))));
    }

    /** {@return whether a transport key opens this state} */
    boolean opensWith(SecretBytes transportKey) {
      UUID vm = protector.vm().orElseThrow();
      try (SecretBytes key = transportKey.derive(KeyLabel.UEFI_VARIABLES)) {
        return SealedVariables.open(variables.toArray(), key, vm, protector.generation()).length
            > 0;
      } catch (AlteredException doesNot) {
        return false;
      }
    }
  }

  /** Fails unless each state opens with its own key and with no other. */
  static void require(Generation before, Generation after, GuardianKey owner)
      throws ProtectorException {
    try (SecretBytes old = before.protector().open(owner.keys(), SecretArena.plain());
        SecretBytes fresh = after.protector().open(owner.keys(), SecretArena.plain())) {
      if (old.sameAs(fresh)) {
        throw new StepFailure("the transport key is the one before");
      }
      if (!before.opensWith(old) || !after.opensWith(fresh)) {
        throw new StepFailure("a state does not open with its own key");
      }
      if (after.opensWith(old) || before.opensWith(fresh)) {
        throw new StepFailure("a state opens with the other generation's key");
      }
    }
  }
}
