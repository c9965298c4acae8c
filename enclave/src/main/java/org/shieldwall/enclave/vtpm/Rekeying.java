package org.shieldwall.enclave.vtpm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.command.TpmRefusedException;
import org.shieldwall.tpm.swtpm.SwtpmControl;
import org.shieldwall.tpm.swtpm.SwtpmState;
import org.shieldwall.tpm.swtpm.SwtpmStateKind;

/** Moves a vTPM's permanent state from one generation's key to the next one's. */
public final class Rekeying {
  private static final String PERMANENT = "tpm2-00.permall";

  private Rekeying() {}

  /**
   * Reads the state in {@code from} under {@code old} and writes it into {@code to} under {@code
   * fresh}. {@code from} is only read.
   *
   * @param to an empty folder
   */
  public static void run(Path from, SecretBytes old, Path to, SecretBytes fresh)
      throws IOException, TpmException {
    try (SwtpmState state = read(from, old)) {
      try (VirtualTpm target = VirtualTpm.forEnclave(to, fresh);
          SwtpmControl control = target.control()) {
        control.writeState(state);
        control.init(false);
        forgiveLossOfPower(target); // and swtpm ends, because its data channel is closed
      }
    }
  }

  private static SwtpmState read(Path from, SecretBytes key) throws IOException {
    // Without this file swtpm would make a new TPM, and the VM would lose its disk without a word.
    if (!Files.isRegularFile(from.resolve(PERMANENT), LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("the vTPM's state (" + PERMANENT + ") is missing");
    }
    try (VirtualTpm source = VirtualTpm.forEnclave(from, key);
        SwtpmControl control = source.control()) {
      control.init(false);
      SwtpmState state = control.readState(SwtpmStateKind.PERMANENT);
      control.shutdown();
      return state;
    }
  }

  /**
   * A TPM that lost power without TPM2_Shutdown counts that against whoever may be guessing (Part
   * 1, section 19.8), and a VM whose host crashed four times would not open its own disk. The
   * enclave knows that nobody could guess between two starts, so it ends the count, unless the
   * guest's owner has set a lockout authorization of their own.
   */
  private static void forgiveLossOfPower(VirtualTpm target) throws TpmException {
    try (Tpm tpm = target.tpm()) {
      tpm.startup(Tpm.StartupType.CLEAR);
      try {
        tpm.resetLockout(Authorization.none());
      } catch (TpmRefusedException notOurs) {
        // The owner's own authorization is set: the count is theirs to end.
      }
    }
  }
}
