package org.shieldwall.enclave.state;

import java.security.SecureRandom;
import java.util.UUID;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protector.state.StateException;
import org.shieldwall.protector.state.StateIdentity;
import org.shieldwall.protector.state.StateKind;
import org.shieldwall.protector.state.StateReader;
import org.shieldwall.protector.state.StateWriter;

/** UEFI variables at rest (formats.md, "State container"). */
public final class SealedVariables {
  /** The largest flash image: OVMF's 4M build has 528 KiB of variables. */
  public static final int MAX_BYTES = 4 << 20;

  /** The largest file: header and segments' heads and tags take less than this. */
  public static final int MAX_FILE = MAX_BYTES + (4 << 10);

  private SealedVariables() {}

  /** {@return the file's bytes for {@code image}} */
  public static byte[] seal(
      byte[] image, SecretBytes key, UUID vm, long generation, SecureRandom random) {
    return StateWriter.seal(image, key, identity(vm, generation), random);
  }

  /** {@return the image in {@code file}} */
  public static byte[] open(byte[] file, SecretBytes key, UUID vm, long generation)
      throws AlteredException {
    try {
      return StateReader.open(file, key, identity(vm, generation), MAX_BYTES);
    } catch (StateException e) {
      throw new AlteredException("uefi.vars: " + e.problem().code() + ": " + e.detail());
    }
  }

  private static StateIdentity identity(UUID vm, long generation) {
    return new StateIdentity(StateKind.UEFI_VARIABLES, vm, generation, 0);
  }
}
