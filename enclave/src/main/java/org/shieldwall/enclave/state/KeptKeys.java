package org.shieldwall.enclave.state;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protector.state.StateException;
import org.shieldwall.protector.state.StateIdentity;
import org.shieldwall.protector.state.StateKind;
import org.shieldwall.protector.state.StateReader;
import org.shieldwall.protector.state.StateWriter;

/**
 * The keys of what is kept of a VM beyond the generation it was made in (formats.md, "Kept keys"):
 * its saved memory and its checkpoints. Each has a random root of its own; all of them lie in one
 * file that is sealed anew with each generation. Without its entry here a kept file is noise: that
 * is how saved memory is spent and how a checkpoint is deleted, whatever copies of the file there
 * are.
 */
public final class KeptKeys implements AutoCloseable {
  /** Most entries: one saved state and a thousand checkpoints. */
  public static final int MAX_ENTRIES = 1001;

  private static final int ROOT = 32;
  private static final int ENTRY = 2 + 8 + 8 + ROOT;
  private static final int MAX_BYTES = 2 + MAX_ENTRIES * ENTRY;

  /** The largest file: header and one segment's head and tag take less than the rest. */
  public static final int MAX_FILE = MAX_BYTES + (4 << 10);

  /** What a root is of. */
  public enum Of {
    SAVED_MEMORY(1),
    CHECKPOINT(2);

    private final int number;

    Of(int number) {
      this.number = number;
    }

    private static Of numbered(int number) throws AlteredException {
      for (Of each : values()) {
        if (each.number == number) {
          return each;
        }
      }
      throw new AlteredException("keys: an entry of kind " + number);
    }
  }

  /**
   * One root.
   *
   * @param generation in which it was made
   * @param sequence a checkpoint's number; 0 for saved memory
   */
  public record Entry(Of of, long generation, long sequence, SecretBytes root) {}

  private final List<Entry> entries = new ArrayList<>();

  /** No keys: what a new VM has. */
  public KeptKeys() {}

  /** Reads a generation's file. */
  public static KeptKeys open(
      byte[] file, SecretBytes key, UUID vm, long generation, SecretArena arena)
      throws AlteredException {
    byte[] content;
    try {
      content = StateReader.open(file, key, identity(vm, generation), MAX_BYTES);
    } catch (StateException e) {
      throw new AlteredException("keys: " + e.problem().code() + ": " + e.detail());
    }
    KeptKeys keys = new KeptKeys();
    try {
      keys.read(ByteBuffer.wrap(content), arena);
      return keys;
    } catch (AlteredException e) {
      keys.close();
      throw e;
    } finally {
      Arrays.fill(content, (byte) 0);
    }
  }

  private void read(ByteBuffer content, SecretArena arena) throws AlteredException {
    try {
      int count = Short.toUnsignedInt(content.getShort());
      for (int i = 0; i < count; i++) {
        Of of = Of.numbered(content.getShort());
        long generation = content.getLong();
        long sequence = content.getLong();
        byte[] root = new byte[ROOT];
        content.get(root);
        entries.add(new Entry(of, generation, sequence, SecretBytes.takeFrom(arena, root)));
      }
    } catch (BufferUnderflowException e) {
      throw new AlteredException("keys: fewer entries than are counted");
    }
    if (content.hasRemaining()) {
      throw new AlteredException("keys: " + content.remaining() + " bytes after the last entry");
    }
  }

  /** {@return the file that holds them in {@code generation}} */
  public synchronized byte[] seal(SecretBytes key, UUID vm, long generation, SecureRandom random) {
    ByteBuffer content = ByteBuffer.allocate(2 + entries.size() * ENTRY);
    try {
      content.putShort((short) entries.size());
      for (Entry entry : entries) {
        content.putShort((short) entry.of().number);
        content.putLong(entry.generation()).putLong(entry.sequence());
        entry
            .root()
            .exposeInto(
                SecretAccess.because("root of kept state, into its sealed file"),
                content.array(),
                content.position());
        content.position(content.position() + ROOT);
      }
      return StateWriter.seal(content.array(), key, identity(vm, generation), random);
    } finally {
      Arrays.fill(content.array(), (byte) 0);
    }
  }

  private static StateIdentity identity(UUID vm, long generation) {
    return new StateIdentity(StateKind.KEPT_KEYS, vm, generation, 0);
  }

  /** Makes a new root; {@return its entry} */
  public synchronized Entry add(
      Of of, long generation, long sequence, SecretArena arena, SecureRandom random) {
    if (entries.size() == MAX_ENTRIES) {
      throw new IllegalStateException("more than " + MAX_ENTRIES + " kept keys");
    }
    Entry entry = new Entry(of, generation, sequence, SecretBytes.random(arena, ROOT, random));
    entries.add(entry);
    return entry;
  }

  /** Forgets a root. */
  public synchronized void remove(Entry entry) {
    if (entries.remove(entry)) {
      entry.root().close();
    }
  }

  /** {@return the entry of saved memory, if there is one} */
  public synchronized Optional<Entry> savedMemory() {
    return entries.stream().filter(each -> each.of() == Of.SAVED_MEMORY).findFirst();
  }

  /** {@return the entry of a checkpoint, if there is one} */
  public synchronized Optional<Entry> checkpoint(long sequence) {
    return entries.stream()
        .filter(each -> each.of() == Of.CHECKPOINT && each.sequence() == sequence)
        .findFirst();
  }

  /** {@return all of them} */
  public synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  @Override
  public synchronized void close() {
    entries.forEach(entry -> entry.root().close());
    entries.clear();
  }
}
