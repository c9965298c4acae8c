package org.shieldwall.enclave;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.UUID;
import org.shieldwall.enclave.state.DurableFiles;
import org.shieldwall.enclave.state.KeptKeys;
import org.shieldwall.enclave.state.VmDirectory;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * What a running VM keeps of its keys: the kept ones with the file that they are sealed to when
 * they change, and the one that its migrations start from.
 */
final class LiveKeys implements AutoCloseable {
  private final KeptKeys keys;
  private final VmDirectory.Generation at;
  private final UUID vm;
  private final long generation;
  private final SecretBytes seal;
  private final SecretBytes migration;
  private final SecretArena arena;
  private final SecureRandom random;

  /**
   * Takes over {@code keys}, which are what the generation's file holds.
   *
   * @param egress the generation's transport key, which is not kept
   */
  LiveKeys(
      KeptKeys keys,
      VmDirectory.Generation at,
      UUID vm,
      long generation,
      SecretBytes egress,
      SecretArena arena,
      SecureRandom random) {
    this.keys = keys;
    this.at = at;
    this.vm = vm;
    this.generation = generation;
    this.arena = arena;
    this.random = random;
    this.seal = egress.derive(KeyLabel.KEPT_KEYS);
    this.migration = egress.derive(KeyLabel.MIGRATION);
  }

  /** {@return a new root}, which counts once {@link #write} has returned. */
  KeptKeys.Entry add(KeptKeys.Of of, long sequence) {
    return keys.add(of, generation, sequence, arena, random);
  }

  /** Forgets a root; that counts once {@link #write} has returned. */
  void remove(KeptKeys.Entry entry) {
    keys.remove(entry);
  }

  /** Makes the file hold what has been added and removed: at once, and on the disk. */
  void write() throws IOException {
    DurableFiles.replace(at.keys(), keys.seal(seal, vm, generation, random));
  }

  /** {@return the key that this VM's migrations start from}, which stays this object's */
  SecretBytes migration() {
    return migration;
  }

  SecretArena arena() {
    return arena;
  }

  KeptKeys keys() {
    return keys;
  }

  @Override
  public void close() {
    seal.close();
    migration.close();
    keys.close();
  }
}
