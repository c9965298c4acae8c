package org.shieldwall.hgs.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.tpm.Bytes;

/** Registers hosts from a process of its own, as an administrator's command does. */
public final class AddingProcess {
  private AddingProcess() {}

  /**
   * Tries to give each of the names {@code contested-0} … to a key of its own, once {@code start}
   * is there, and prints what came of each.
   */
  public static void main(String[] arguments) throws Exception {
    Path file = Path.of(arguments[0]);
    Path start = Path.of(arguments[1]);
    String mine = arguments[2];
    int names = Integer.parseInt(arguments[3]);
    try (Database database = Database.open(file)) {
      System.out.println("ready");
      System.out.flush();
      while (!Files.exists(start)) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < names; i++) {
        RegisteredHost host = host("contested-" + i, mine + "-" + i);
        HostRegister.Added added = database.write(writing -> HostRegister.add(writing, host));
        System.out.println(added);
      }
    }
  }

  /** {@return a host with this key} */
  public static RegisteredHost host(String name, String key) {
    return new RegisteredHost(
        name,
        AttestationMode.TPM,
        key,
        Bytes.ofText("key " + key),
        "{}",
        RegisteredHost.State.REGISTERED,
        Instant.EPOCH,
        Instant.EPOCH);
  }
}
