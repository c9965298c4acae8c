package org.shieldwall.enclave;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.enclave.state.DurableFiles;
import org.shieldwall.enclave.state.KeptKeys;
import org.shieldwall.enclave.worker.Accelerator;
import org.shieldwall.enclave.worker.Worker;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.state.StateException;
import org.shieldwall.protector.state.StateIdentity;
import org.shieldwall.protector.state.StateKind;
import org.shieldwall.protector.state.StateReader;
import org.shieldwall.protector.state.StateWriter;

/**
 * A machine's memory, devices and vTPM in a state container (formats.md, "Saved memory"): first
 * what machine it is, then QEMU's own stream. Never plain on the disk, and no more than two
 * segments of it here at a time.
 */
final class SavedMemory {
  private static final int MAX_SHAPE = 4 << 10;

  private SavedMemory() {}

  /**
   * What machine the memory is of, which must be the same again.
   *
   * @param card whether it has a network card
   */
  record Shape(int cpus, int memoryMebibytes, Accelerator accelerator, boolean card) {
    private byte[] toBytes() {
      return Json.bytes(
          Json.object()
              .put("cpus", cpus)
              .put("memory", memoryMebibytes)
              .put("accelerator", accelerator.id())
              .put("card", card));
    }

    private static Shape of(byte[] bytes) throws ProtectorException {
      Json json =
          Json.parse(bytes, "machine of saved memory", MAX_SHAPE)
              .members("cpus", "memory", "accelerator", "card");
      return new Shape(
          (int) json.at("cpus").number(1, 64),
          (int) json.at("memory").number(128, 1 << 20),
          Accelerator.valueOf(json.at("accelerator").text(10).toUpperCase(java.util.Locale.ROOT)),
          json.at("card").bool());
    }

    long memoryBytes() {
      return (long) memoryMebibytes << 20;
    }
  }

  /** {@return which container it is} */
  static StateIdentity identity(KeptKeys.Entry entry, StateKind kind, UUID vm) {
    return new StateIdentity(kind, vm, entry.generation(), entry.sequence());
  }

  /**
   * Writes a halted machine's memory into {@code file}, whole and on the disk.
   *
   * @param progress told how many bytes have been written
   * @return how many there were
   */
  static long write(
      Worker worker,
      Shape shape,
      Path file,
      KeptKeys.Entry entry,
      StateIdentity identity,
      SecureRandom random,
      LongConsumer progress)
      throws IOException {
    try (FileChannel out =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        StateWriter writer = new StateWriter(out, entry.root(), identity, random)) {
      Duration _ = write(worker, shape, writer, progress);
      out.force(true);
      return writer.written();
    }
  }

  /** Writes a machine's memory into a container, whole; {@return how long it had been halted} */
  static Duration write(Worker worker, Shape shape, StateWriter writer, LongConsumer progress)
      throws IOException {
    byte[] bytes = shape.toBytes();
    ByteBuffer head = ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes);
    int _ = writer.write(head.flip());
    Duration halted = worker.sendState(from -> writer.transferFrom(from, progress));
    writer.finish();
    return halted;
  }

  /** Saved memory, open: what machine it needs is known, the rest is still to be loaded. */
  record Opened(Shape shape, Closeable source, StateReader reader) implements AutoCloseable {
    /**
     * Loads it into a machine that waits for it, and does not run before it is certain that this is
     * all of it.
     *
     * @param progress told how many bytes have been loaded
     */
    void loadInto(Worker worker, LongConsumer progress) throws IOException, RefusedException {
      try {
        worker.loadState(into -> {
          reader.transferTo(into, progress);
          reader.requireEnd();
        });
      } catch (StateException e) {
        throw refused(e);
      }
    }

    /** Refuses a machine that executes in another way: its devices and processor differ. */
    void require(Accelerator accelerator) throws RefusedException {
      if (accelerator != shape.accelerator()) {
        throw new RefusedException(
            Refusal.SAVED_STATE_UNUSABLE,
            "it was saved with " + shape.accelerator().id() + "; here is " + accelerator.id());
      }
    }

    @Override
    public void close() throws IOException {
      reader.close();
      source.close();
    }
  }

  /** Opens what comes over a migration's channel, which it then owns. */
  static Opened arriving(Closeable channel, StateReader reader)
      throws IOException, RefusedException {
    try {
      return new Opened(shape(reader), channel, reader);
    } catch (StateException e) {
      throw refused(e);
    }
  }

  /** Opens saved memory. */
  static Opened open(Path path, KeptKeys.Entry entry, StateIdentity identity)
      throws IOException, RefusedException {
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new RefusedException(
          Refusal.SAVED_STATE_MISSING, "the VM was saved, and its memory is not in its directory");
    }
    FileChannel file = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    try {
      StateReader reader = new StateReader(file, entry.root(), identity);
      return new Opened(shape(reader), file, reader);
    } catch (StateException e) {
      file.close();
      throw refused(e);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static Shape shape(StateReader reader) throws IOException, RefusedException {
    int length = exactly(reader, 4).getInt();
    if (length < 0 || length > MAX_SHAPE) {
      throw new RefusedException(
          Refusal.SAVED_STATE_ALTERED, "its machine is said in " + length + " bytes");
    }
    byte[] bytes = exactly(reader, length).array();
    try {
      return Shape.of(bytes);
    } catch (ProtectorException | IllegalArgumentException e) {
      throw new RefusedException(
          Refusal.SAVED_STATE_ALTERED,
          "its machine is not known: " + new String(bytes, StandardCharsets.US_ASCII));
    }
  }

  private static ByteBuffer exactly(StateReader reader, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (reader.read(bytes) < 0) {
        throw new StateException(StateException.Problem.TRUNCATED, "expected its machine");
      }
    }
    return bytes.flip();
  }

  static RefusedException refused(StateException problem) {
    return new RefusedException(
        Refusal.SAVED_STATE_ALTERED, problem.problem().code() + ": " + problem.detail());
  }

  /** Removes the file. Its key is gone already: what is left of it anywhere is noise. */
  static void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
    DurableFiles.force(file.resolveSibling("."));
  }
}
