package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import org.shieldwall.enclave.state.AlteredException;
import org.shieldwall.enclave.state.KeptKeys;
import org.shieldwall.host.vm.backup.BackupReading;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protector.state.StateIdentity;
import org.shieldwall.protector.state.StateKind;
import org.shieldwall.protector.state.StateWriter;

/** What is kept of a VM beside its state: keys of saved memory, lists of what a backup holds. */
final class KeptTargets {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final SecretBytes KEY = SecretBytes.random(SecretArena.plain(), 32, RANDOM);
  private static final UUID VM = new UUID(1, 2);
  private static final int COUNT_AND_ENTRY = 2 + 2 + 8 + 8 + 32;

  private KeptTargets() {}

  static List<FuzzTarget> all() {
    return List.of(
        // Past the seal, as whoever has the key could write it.
        FuzzTarget.of(
            "kept-keys",
            () -> List.of(new byte[2], entry()),
            KeptTargets::keys,
            AlteredException.class),
        FuzzTarget.of(
            "backup",
            () ->
                Seeds.texts(
                    "{\"format\":\"shieldwall-backup-1\",\"id\":\"20260131T120000.000Z\",\"vm\":"
                        + "\"00000000-0000-0001-0000-000000000002\",\"name\":\"web\","
                        + "\"generation\":1,\"saved\":false,\"created\":\"2026-01-31T12:00:00Z\","
                        + "\"files\":[{\"path\":\"root.img\",\"bytes\":1,\"blocks\":[\""
                        + "ab".repeat(32)
                        + "\"]}]}"),
            input -> require(BackupReading.readsAsPrinted(input), "a backup reads as printed"),
            ProtectorException.class));
  }

  private static void keys(byte[] input) throws AlteredException {
    byte[] file =
        StateWriter.seal(input, KEY, new StateIdentity(StateKind.KEPT_KEYS, VM, 3, 0), RANDOM);
    try (KeptKeys read = KeptKeys.open(file, KEY, VM, 3, SecretArena.plain());
        KeptKeys again =
            KeptKeys.open(read.seal(KEY, VM, 3, RANDOM), KEY, VM, 3, SecretArena.plain())) {
      require(again.entries().size() == read.entries().size(), "keys read as sealed");
    }
  }

  /** One entry: what it is of, its generation and number, its root. */
  private static byte[] entry() {
    byte[] one = new byte[COUNT_AND_ENTRY];
    one[1] = 1;
    one[3] = 1;
    one[11] = 2;
    return one;
  }
}
