package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.UUID;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.state.DurableFiles;
import org.shieldwall.enclave.state.SealedVariables;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * A running VM's UEFI variables: a file in memory that only the worker has open beside the enclave,
 * sealed to the disk when its content has changed.
 */
final class LiveVariables implements AutoCloseable {
  private final Descriptor memory;
  private final Path file;
  private final UUID vm;
  private final long generation;
  private final SecretBytes key;
  private final SecureRandom random;
  private Bytes saved;

  /**
   * Puts {@code image} into memory; it is what {@code file} holds.
   *
   * @param egress the generation's transport key, which is not kept
   */
  LiveVariables(
      byte[] image, Path file, UUID vm, long generation, SecretBytes egress, SecureRandom random)
      throws IOException {
    this.memory = Descriptor.memory("uefi-variables");
    this.file = file;
    this.vm = vm;
    this.generation = generation;
    this.random = random;
    this.saved = TpmHash.SHA256.hash(image);
    memory.write(image);
    this.key = egress.derive(KeyLabel.UEFI_VARIABLES);
  }

  /** {@return the memory, to be inherited by the worker} */
  Descriptor descriptor() {
    return memory;
  }

  /**
   * Seals the content to the disk if it has changed. What changes while it is read is left for the
   * next time: the firmware recovers from writes that stop half way, but not from ones that are
   * kept in another order than it made them. {@return whether it was sealed}
   */
  synchronized boolean save() throws IOException {
    byte[] image = Files.readAllBytes(memory.path());
    Bytes digest = TpmHash.SHA256.hash(image);
    if (digest.equals(saved)
        || image.length > SealedVariables.MAX_BYTES
        || !digest.equals(TpmHash.SHA256.hash(Files.readAllBytes(memory.path())))) {
      return false;
    }
    DurableFiles.replace(file, SealedVariables.seal(image, key, vm, generation, random));
    saved = digest;
    return true;
  }

  @Override
  public synchronized void close() {
    key.close();
    memory.close();
  }
}
