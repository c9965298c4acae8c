package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.state.AlteredException;
import org.shieldwall.enclave.state.DurableFiles;
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
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.command.TpmException;

/**
 * The start of a VM. First its state is written anew, under the next generation's key, beside the
 * old one; then one link is swapped, and that is the moment the new generation counts; only then a
 * worker runs. A crash before the swap leaves the old generation, a crash after it the new one, and
 * the key protection service accepts both.
 */
final class Starting {
  // A vTPM's state is a few KiB, its largest 160 KiB.
  private static final long VTPM_ROOM = 256 << 10;

  private final VmDirectory directory;
  private final SecureRandom random;

  Starting(VmDirectory directory, SecureRandom random) {
    this.directory = directory;
    this.random = random;
  }

  /**
   * Writes the released generation and makes it the current one.
   *
   * @param asked the protector the release was asked for
   * @param expected digest of the state that the VM ended with, where it is known
   * @return the UEFI variables, in plain
   */
  byte[] roll(KeyProtector asked, IngressEgress keys, Optional<Digest> expected)
      throws AlteredException, ProtectorException, RefusedException, IOException {
    VmDirectory.Generation old = directory.current();
    KeyProtector present = directory.protector(old);
    if (!present.digest().equals(asked.digest())) {
      throw new RefusedException(
          Refusal.STATE_ALTERED, "the VM's protector is not the one the release was asked for");
    }
    directory.sweep();
    UUID vm = keys.next().vm().orElseThrow();
    byte[] variables = openVariables(old, keys, vm, present.generation());
    VmDirectory.Generation fresh = directory.begin(keys.next().generation());
    boolean written = false;
    try (SecretBytes key = keys.egress().derive(KeyLabel.UEFI_VARIABLES)) {
      DurableFiles.replace(
          fresh.variables(),
          SealedVariables.seal(variables, key, vm, keys.next().generation(), random));
      DurableFiles.replace(fresh.protector(), keys.next().toBytes());
      rekey(old, fresh, keys);
      requireLast(old, expected);
      written = true;
    } finally {
      if (!written) {
        DurableFiles.delete(fresh.folder());
      }
    }
    directory.commit(fresh);
    directory.sweep();
    return variables;
  }

  /** The keys fit every state of a generation: which was the last, only its end has told. */
  private static void requireLast(VmDirectory.Generation old, Optional<Digest> expected)
      throws RefusedException, IOException {
    if (expected.isPresent() && !StateDigest.of(old).equals(expected.get())) {
      throw new RefusedException(
          Refusal.STATE_NOT_LAST,
          "the vTPM's state or the UEFI variables are not those that the VM ended with");
    }
  }

  private static byte[] openVariables(
      VmDirectory.Generation old, IngressEgress keys, UUID vm, long generation)
      throws AlteredException, IOException {
    byte[] sealed = DurableFiles.read(old.variables(), SealedVariables.MAX_FILE);
    try (SecretBytes key = keys.ingress().derive(KeyLabel.UEFI_VARIABLES)) {
      return SealedVariables.open(sealed, key, vm, generation);
    }
  }

  private static void rekey(
      VmDirectory.Generation old, VmDirectory.Generation fresh, IngressEgress keys)
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

  /** Starts the worker of the current generation. */
  VirtualMachine launch(
      RunLease lease,
      Request.Definition definition,
      Accelerator accelerator,
      IngressEgress keys,
      byte[] image,
      Optional<WorkerPlan.Link> network,
      Instant now)
      throws IOException, AlteredException {
    UUID vm = keys.next().vm().orElseThrow();
    long generation = keys.next().generation();
    // The owner's word, whose signature was verified with the protector: nobody else's counts.
    boolean console = keys.next().grant().policy().vmClass() == VmClass.ENCRYPTION_SUPPORTED;
    VmDirectory.Generation current = directory.current();
    LiveVariables variables =
        new LiveVariables(image, current.variables(), vm, generation, keys.egress(), random);
    try (Descriptor disk = VmDirectory.open(directory.disk());
        Descriptor seed = VmDirectory.open(directory.seed());
        SecretBytes key = keys.egress().derive(KeyLabel.VTPM_STATE)) {
      VirtualTpm vtpm = VirtualTpm.forWorker(current.vtpm(), key);
      try {
        WorkerPlan plan =
            new WorkerPlan(
                "shielded",
                accelerator,
                definition.cpus(),
                definition.memoryMebibytes(),
                variables.descriptor(),
                List.of(new WorkerPlan.Disk("root", disk), new WorkerPlan.Disk("seed", seed)),
                Optional.of(vtpm.controlForWorker()),
                network,
                console);
        Worker worker = Worker.start(plan);
        vtpm.releaseControl();
        return new VirtualMachine(
            new VirtualMachine.Identity(vm, definition.name(), generation, now),
            current,
            accelerator,
            worker,
            vtpm,
            variables,
            console,
            lease);
      } catch (IOException e) {
        vtpm.close();
        throw e;
      }
    } catch (IOException | AlteredException e) {
      variables.close();
      throw e;
    }
  }
}
