package org.shieldwall.enclave;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.UUID;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.state.DurableFiles;
import org.shieldwall.enclave.state.SealedVariables;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretBytes;

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
  private final Arena arena = Arena.ofShared();
  private final MemorySegment saved;

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
    this.saved = arena.allocate(image.length);
    saved.copyFrom(MemorySegment.ofArray(image));
    memory.write(saved);
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
    try (Arena moment = Arena.ofConfined()) {
      // Off the heap, because every VM is looked at every two seconds. One byte more than there may
      // be: a store that has grown is not the firmware's any more.
      MemorySegment now = moment.allocate(saved.byteSize() + 1);
      if (memory.readFromStart(now) != saved.byteSize() || same(now, saved)) {
        return false;
      }
      byte[] image = now.asSlice(0, saved.byteSize()).toArray(ValueLayout.JAVA_BYTE);
      MemorySegment read = MemorySegment.ofArray(image);
      if (memory.readFromStart(now) != saved.byteSize() || !same(now, read)) {
        return false;
      }
      DurableFiles.replace(file, SealedVariables.seal(image, key, vm, generation, random));
      saved.copyFrom(read);
      return true;
    }
  }

  private static boolean same(MemorySegment longer, MemorySegment whole) {
    return longer.asSlice(0, whole.byteSize()).mismatch(whole) < 0;
  }

  @Override
  public synchronized void close() {
    key.close();
    memory.close();
    arena.close();
  }
}
