package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.disk.Progress;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.state.AlteredException;
import org.shieldwall.enclave.state.DurableFiles;
import org.shieldwall.enclave.state.KeptKeys;
import org.shieldwall.enclave.state.SealedVariables;
import org.shieldwall.enclave.state.StateDigest;
import org.shieldwall.enclave.state.VmDirectory;
import org.shieldwall.enclave.vtpm.Rekeying;
import org.shieldwall.enclave.vtpm.VirtualTpm;
import org.shieldwall.enclave.worker.Accelerator;
import org.shieldwall.enclave.worker.Worker;
import org.shieldwall.enclave.worker.WorkerPlan;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.VmClass;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protector.state.StateException;
import org.shieldwall.protector.state.StateIdentity;
import org.shieldwall.protector.state.StateKind;
import org.shieldwall.protector.state.StateReader;
import org.shieldwall.tpm.command.TpmException;

/**
 * The start of a VM. First its state is written anew, under the next generation's key, beside the
 * old one; then one link is swapped, and that is the moment the new generation counts; only then a
 * worker runs. A crash before the swap leaves the old generation, a crash after it the new one, and
 * the key protection service accepts both. Saved memory comes along until its guest runs again.
 */
final class Starting {
  // A vTPM's state is a few KiB, its largest 160 KiB.
  private static final long VTPM_ROOM = 256 << 10;

  private final VmDirectory directory;
  private final IngressEgress keys;
  private final UUID vm;
  private final SecretArena arena;
  private final SecureRandom random;

  /** The start in {@code directory} of what {@code keys} were released for. */
  Starting(VmDirectory directory, IngressEgress keys, SecretArena arena, SecureRandom random) {
    this.directory = directory;
    this.keys = keys;
    this.vm = keys.next().vm().orElseThrow();
    this.arena = arena;
    this.random = random;
  }

  /** A generation that counts, and what it holds. */
  static final class Rolled implements AutoCloseable {
    private final VmDirectory.Generation at;
    private final byte[] variables;
    private final KeptKeys kept;
    private final boolean linked;

    private Rolled(VmDirectory.Generation at, byte[] variables, KeptKeys kept, boolean linked) {
      this.linked = linked;
      this.at = at;
      this.variables = variables;
      this.kept = kept;
    }

    /** {@return whether it goes on from saved memory} */
    boolean resumes() {
      return kept.savedMemory().isPresent();
    }

    @Override
    public void close() {
      kept.close();
    }
  }

  /**
   * Writes the released generation and makes it the current one.
   *
   * @param asked the protector the release was asked for
   * @param expected digest of the state that the VM ended with, where it is known
   * @param saved what to do with saved memory
   * @param accelerator of this machine
   */
  Rolled roll(
      KeyProtector asked, Optional<Digest> expected, Request.Saved saved, Accelerator accelerator)
      throws AlteredException, ProtectorException, RefusedException, IOException {
    VmDirectory.Generation old = directory.current();
    KeyProtector present = directory.protector(old);
    if (!present.digest().equals(asked.digest())) {
      throw new RefusedException(
          Refusal.STATE_ALTERED, "the VM's protector is not the one the release was asked for");
    }
    directory.sweep();
    byte[] variables = openVariables(old, present.generation());
    KeptKeys kept = openKept(old, present.generation());
    boolean done = false;
    try {
      decide(old, kept, saved, accelerator);
      VmDirectory.Generation fresh = write(variables, kept);
      takeAlong(old, fresh, kept, expected);
      directory.commit(fresh);
      directory.sweep();
      done = true;
      return new Rolled(fresh, variables, kept, true);
    } finally {
      if (!done) {
        kept.close();
      }
    }
  }

  /**
   * Writes the released generation beside the one that still runs on another host, and does not
   * make it the current one: that is for when the VM has arrived. Its vTPM is empty, for it arrives
   * too.
   */
  Rolled beside(KeyProtector asked)
      throws AlteredException, ProtectorException, RefusedException, IOException {
    VmDirectory.Generation old = directory.current();
    if (!directory.protector(old).digest().equals(asked.digest())) {
      throw new RefusedException(
          Refusal.STATE_ALTERED, "the VM's protector is not the one the release was asked for");
    }
    byte[] variables = openVariables(old, asked.generation());
    KeptKeys kept = openKept(old, asked.generation());
    boolean done = false;
    try {
      VmDirectory.Generation fresh = write(variables, kept);
      done = true;
      return new Rolled(fresh, variables, kept, false);
    } finally {
      if (!done) {
        kept.close();
      }
    }
  }

  /** What cannot be loaded is refused now, while nothing has been touched. */
  private void decide(
      VmDirectory.Generation old, KeptKeys kept, Request.Saved saved, Accelerator accelerator)
      throws RefusedException, IOException {
    Optional<KeptKeys.Entry> entry = kept.savedMemory();
    if (entry.isEmpty()) {
      if (saved == Request.Saved.REQUIRE) {
        throw new RefusedException(Refusal.NOT_SAVED, "the VM has no saved memory");
      }
    } else if (saved == Request.Saved.DISCARD) {
      kept.remove(entry.get());
    } else {
      try (SavedMemory.Opened opened = open(old, entry.get())) {
        opened.require(accelerator);
      }
    }
  }

  private SavedMemory.Opened open(VmDirectory.Generation at, KeptKeys.Entry entry)
      throws RefusedException, IOException {
    return SavedMemory.open(
        at.memory(), entry, SavedMemory.identity(entry, StateKind.SAVED_MEMORY, vm));
  }

  /** Writes all of the next generation but its vTPM. */
  private VmDirectory.Generation write(byte[] variables, KeptKeys kept) throws IOException {
    long generation = keys.next().generation();
    VmDirectory.Generation fresh = directory.begin(generation);
    boolean written = false;
    try (SecretBytes variablesKey = keys.egress().derive(KeyLabel.UEFI_VARIABLES);
        SecretBytes keptKey = keys.egress().derive(KeyLabel.KEPT_KEYS)) {
      DurableFiles.replace(
          fresh.variables(), SealedVariables.seal(variables, variablesKey, vm, generation, random));
      DurableFiles.replace(fresh.keys(), kept.seal(keptKey, vm, generation, random));
      DurableFiles.replace(fresh.protector(), keys.next().toBytes());
      written = true;
      return fresh;
    } finally {
      if (!written) {
        DurableFiles.delete(fresh.folder());
      }
    }
  }

  private void takeAlong(
      VmDirectory.Generation old,
      VmDirectory.Generation fresh,
      KeptKeys kept,
      Optional<Digest> expected)
      throws RefusedException, IOException {
    boolean whole = false;
    try {
      if (kept.savedMemory().isPresent()) {
        Files.createLink(fresh.memory(), old.memory());
      }
      rekey(old, fresh);
      requireLast(old, expected);
      whole = true;
    } finally {
      if (!whole) {
        DurableFiles.delete(fresh.folder());
      }
    }
  }

  /** The keys fit every state of a generation: which was the last, only its end has told. */
  private static void requireLast(VmDirectory.Generation old, Optional<Digest> expected)
      throws RefusedException, IOException {
    if (expected.isPresent() && !StateDigest.of(old).equals(expected.get())) {
      throw new RefusedException(
          Refusal.STATE_NOT_LAST,
          "the vTPM's state, the UEFI variables or the kept keys are not those that the VM ended"
              + " with");
    }
  }

  private byte[] openVariables(VmDirectory.Generation old, long generation)
      throws AlteredException, IOException {
    byte[] sealed = DurableFiles.read(old.variables(), SealedVariables.MAX_FILE);
    try (SecretBytes key = keys.ingress().derive(KeyLabel.UEFI_VARIABLES)) {
      return SealedVariables.open(sealed, key, vm, generation);
    }
  }

  private KeptKeys openKept(VmDirectory.Generation old, long generation)
      throws AlteredException, IOException {
    byte[] sealed = DurableFiles.read(old.keys(), KeptKeys.MAX_FILE);
    try (SecretBytes key = keys.ingress().derive(KeyLabel.KEPT_KEYS)) {
      return KeptKeys.open(sealed, key, vm, generation, arena);
    }
  }

  private void rekey(VmDirectory.Generation old, VmDirectory.Generation fresh)
      throws RefusedException, IOException {
    try (SecretBytes from = keys.ingress().derive(KeyLabel.VTPM_STATE);
        SecretBytes to = keys.egress().derive(KeyLabel.VTPM_STATE)) {
      Rekeying.run(old.vtpm(), from, fresh.vtpm(), to);
    } catch (IOException | TpmException e) {
      // swtpm does not say why it could not write.
      if (Files.getFileStore(fresh.folder()).getUsableSpace() < VTPM_ROOM) {
        throw new RefusedException(Refusal.NO_SPACE, "the vTPM's state does not fit any more");
      }
      throw new RefusedException(
          Refusal.STATE_ALTERED,
          "the vTPM's state does not move to the next generation: "
              + VirtualMachine.printable(String.valueOf(e.getMessage())));
    }
  }

  /** What the worker is to be: what the fabric says, or what the saved memory is of. */
  record Wanted(
      Request.Definition definition,
      Accelerator accelerator,
      Optional<WorkerPlan.Link> network,
      Optional<Descriptor> user,
      Instant now) {
    private SavedMemory.Shape shape() {
      return new SavedMemory.Shape(
          definition.cpus(), definition.memoryMebibytes(), accelerator, network.isPresent());
    }
  }

  /**
   * Starts the worker of the current generation.
   *
   * @param loaded told how many bytes of saved memory have been loaded, and of how many
   */
  VirtualMachine launch(Rolled rolled, Wanted wanted, RunLease lease, Progress loaded)
      throws IOException, AlteredException, RefusedException {
    Optional<KeptKeys.Entry> saved = rolled.kept.savedMemory();
    if (saved.isEmpty()) {
      return launch(rolled, wanted, lease, wanted.shape(), Optional.empty());
    }
    try (SavedMemory.Opened memory = open(rolled.at, saved.get())) {
      return launch(rolled, wanted, lease, memory, loaded);
    }
  }

  /**
   * Starts the worker of a VM that arrives from another host, and loads it.
   *
   * @param channel whose other end is the other enclave's
   */
  VirtualMachine receive(
      Rolled rolled, Wanted wanted, RunLease lease, ByteChannel channel, Progress loaded)
      throws IOException, AlteredException, RefusedException {
    StateIdentity stream =
        new StateIdentity(StateKind.MIGRATION, vm, keys.next().generation() - 1, 0);
    try (SecretBytes migration = keys.ingress().derive(KeyLabel.MIGRATION);
        StateReader reader = MigrationChannel.accept(channel, migration, stream, arena, random);
        SavedMemory.Opened memory = SavedMemory.arriving(channel, reader)) {
      memory.require(wanted.accelerator());
      return launch(rolled, wanted, lease, memory, loaded);
    } catch (StateException e) {
      throw new RefusedException(Refusal.MIGRATION_FAILED, e.problem().code() + ": " + e.detail());
    }
  }

  private VirtualMachine launch(
      Rolled rolled, Wanted wanted, RunLease lease, SavedMemory.Opened memory, Progress loaded)
      throws IOException, AlteredException, RefusedException {
    long total = memory.shape().memoryBytes();
    return launch(
        rolled,
        wanted,
        lease,
        memory.shape(),
        Optional.of(
            worker -> memory.loadInto(worker, done -> loaded.at(Math.min(done, total), total))));
  }

  /** What is done with a worker before anything else. */
  private interface Preparation {
    void of(Worker worker) throws IOException, RefusedException;
  }

  private VirtualMachine launch(
      Rolled rolled,
      Wanted wanted,
      RunLease lease,
      SavedMemory.Shape shape,
      Optional<Preparation> preparation)
      throws IOException, AlteredException, RefusedException {
    // The owner's word, whose signature was verified with the protector: nobody else's counts.
    boolean console = keys.next().grant().policy().vmClass() == VmClass.ENCRYPTION_SUPPORTED;
    long generation = keys.next().generation();
    LiveVariables variables =
        new LiveVariables(
            rolled.variables, rolled.at.variables(), vm, generation, keys.egress(), random);
    LiveKeys kept =
        new LiveKeys(rolled.kept, rolled.at, vm, generation, keys.egress(), arena, random);
    try (Descriptor disk = VmDirectory.open(directory.disk());
        Descriptor seed = VmDirectory.open(directory.seed());
        SecretBytes key = keys.egress().derive(KeyLabel.VTPM_STATE)) {
      VirtualTpm vtpm = VirtualTpm.forWorker(rolled.at.vtpm(), key);
      try {
        Worker worker =
            Worker.start(
                new WorkerPlan(
                    "shielded",
                    shape.accelerator(),
                    shape.cpus(),
                    shape.memoryMebibytes(),
                    variables.descriptor(),
                    List.of(new WorkerPlan.Disk("root", disk), new WorkerPlan.Disk("seed", seed)),
                    Optional.of(vtpm.controlForWorker()),
                    link(shape, wanted.network()),
                    console,
                    preparation.isPresent()),
                wanted.user());
        prepare(worker, preparation);
        vtpm.releaseControl();
        return new VirtualMachine(
            new VirtualMachine.Identity(vm, wanted.definition().name(), generation, wanted.now()),
            rolled.at,
            rolled.linked,
            new VirtualMachine.Parts(worker, vtpm, variables, kept),
            shape,
            console,
            lease,
            random);
      } catch (IOException | RefusedException e) {
        vtpm.close();
        throw e;
      }
    } catch (IOException | AlteredException | RefusedException e) {
      variables.close();
      kept.close();
      throw e;
    }
  }

  private static void prepare(Worker worker, Optional<Preparation> preparation)
      throws IOException, RefusedException {
    boolean done = false;
    try {
      if (preparation.isPresent()) {
        preparation.get().of(worker);
      }
      done = true;
    } finally {
      if (!done) {
        worker.close();
      }
    }
  }

  /** A machine that had a card has one again, even where there is nothing to connect it to. */
  private Optional<WorkerPlan.Link> link(
      SavedMemory.Shape shape, Optional<WorkerPlan.Link> network) {
    return shape.card()
        ? Optional.of(network.orElseGet(() -> new WorkerPlan.Link.Unplugged(MacAddress.of(vm))))
        : Optional.empty();
  }
}
