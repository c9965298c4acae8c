package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.shieldwall.disk.DiskOrder;
import org.shieldwall.disk.DiskProvisioner;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.disk.Progress;
import org.shieldwall.disk.seal.VolumeKeySealer;
import org.shieldwall.disk.uefi.Pcr7Prediction;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.disk.uefi.UefiVariableStore;
import org.shieldwall.disk.uefi.VariableStoreFullException;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.state.DurableFiles;
import org.shieldwall.enclave.state.KeptKeys;
import org.shieldwall.enclave.state.SealedVariables;
import org.shieldwall.enclave.state.VmDirectory;
import org.shieldwall.enclave.vtpm.VirtualTpm;
import org.shieldwall.enclave.worker.AcceleratorProbe;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.protector.ShieldingData;
import org.shieldwall.protector.VolumeSignatureCatalog;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.swtpm.SwtpmControl;

/**
 * The making of a VM, in the order in which each step's trust comes from the one before: the
 * release gives the key, the key opens the owner's data, the data name the template, the template's
 * catalog says which blocks and which Secure Boot keys, those say what PCR 7 will be, and under
 * that value the volume keys are sealed.
 */
final class Provisioning {
  // The storage key that systemd makes in the guest is not exempt from the TPM's protection against
  // guessing: each loss of power counts as a wrong try, and by a new TPM's rules the fourth boot
  // after three of them is refused. A try is forgotten after ten minutes.
  private static final long FORGIVEN_TRIES = 1000;
  private static final long SECONDS_A_TRY = 600;
  private static final long SECONDS_A_LOCKOUT_TRY = 86_400;

  // cloud-init's NoCloud source is not one without it, and acts once for each instance-id.
  private static final String META_DATA = "meta-data";

  private final ShieldingData data;
  private final VolumeSignatureCatalog catalog;
  private final VmDirectory directory;
  private final long diskBytes;
  private final SecretArena arena;
  private final SecureRandom random;

  Provisioning(
      ShieldingData data,
      VolumeSignatureCatalog catalog,
      VmDirectory directory,
      long diskBytes,
      SecretArena arena,
      SecureRandom random) {
    this.data = data;
    this.catalog = catalog;
    this.directory = directory;
    this.diskBytes = diskBytes;
    this.arena = arena;
    this.random = random;
  }

  /**
   * Writes everything into the directory, the link to its state last.
   *
   * @param keys of the release; closed by the caller
   * @return the new VM's UUID
   */
  UUID run(IngressEgress keys, Descriptor template, Instant now, Progress progress)
      throws ProtectorException,
          RefusedException,
          DiskRefusedException,
          MalformedException,
          TpmException,
          IOException {
    data.template().require(catalog);
    if (!directory.unused()) {
      throw new RefusedException(
          Refusal.DIRECTORY_NOT_EMPTY, "the VM's directory holds files already");
    }
    UUID vm = keys.next().vm().orElseThrow();
    SecureBootPolicy policy = secureBoot();
    Bytes pcr7 = Pcr7Prediction.of(policy).value(TpmHash.SHA256);
    VmDirectory.Generation first = directory.begin(keys.next().generation());
    List<SeedFile> files = seed(keys.ingress(), vm);
    try (SecretBytes vtpmKey = keys.egress().derive(KeyLabel.VTPM_STATE);
        SecretBytes variablesKey = keys.egress().derive(KeyLabel.UEFI_VARIABLES);
        SecretBytes keptKey = keys.egress().derive(KeyLabel.KEPT_KEYS);
        KeptKeys none = new KeptKeys();
        FileChannel source = template.reader()) {
      DiskOrder order = new DiskOrder(source, catalog, directory.path(), diskBytes, files);
      writeDisks(order, first, vtpmKey, pcr7, progress);
      byte[] image = variables(policy, now);
      DurableFiles.replace(
          first.variables(),
          SealedVariables.seal(image, variablesKey, vm, keys.next().generation(), random));
      DurableFiles.replace(first.keys(), none.seal(keptKey, vm, keys.next().generation(), random));
      DurableFiles.replace(first.protector(), keys.next().toBytes());
    } finally {
      files.forEach(SeedFile::close);
    }
    directory.commit(first);
    return vm;
  }

  /** The owner's files; with a name for the new machine if the owner gave none. */
  private List<SeedFile> seed(SecretBytes ingress, UUID vm) throws ProtectorException {
    List<SeedFile> files = new ArrayList<>(data.open(ingress, arena));
    if (files.stream().noneMatch(file -> file.name().equals(META_DATA))) {
      byte[] name = ("instance-id: " + vm + "\n").getBytes(StandardCharsets.US_ASCII);
      files.add(new SeedFile(META_DATA, SecretBytes.takeFrom(arena, name)));
    }
    return files;
  }

  private void writeDisks(
      DiskOrder order, VmDirectory.Generation first, SecretBytes key, Bytes pcr7, Progress progress)
      throws DiskRefusedException, MalformedException, TpmException, IOException {
    try (VirtualTpm vtpm = VirtualTpm.forEnclave(first.vtpm(), key);
        SwtpmControl control = vtpm.control()) {
      control.init(false);
      try (Tpm tpm = vtpm.tpm()) {
        tpm.startup(Tpm.StartupType.CLEAR);
        tpm.pcrs().keepOnly(TpmHash.SHA256); // the bank that the volume keys are sealed under
        tpm.setLockoutRules(
            Authorization.none(), FORGIVEN_TRIES, SECONDS_A_TRY, SECONDS_A_LOCKOUT_TRY);
        new DiskProvisioner(random).provision(order, new VolumeKeySealer(tpm, pcr7), progress);
      }
    }
  }

  /**
   * The template's signer decides what boots: its one db certificate, and nobody else's. With more
   * than one, PCR 7 would depend on which of them vouched for the boot loader.
   */
  private SecureBootPolicy secureBoot() throws RefusedException {
    VolumeSignatureCatalog.SecureBoot boot = catalog.secureBoot();
    if (boot.db().size() != 1) {
      throw new RefusedException(
          Refusal.TEMPLATE_UNUSABLE,
          "the catalog names " + boot.db().size() + " Secure Boot certificates, not 1");
    }
    return SecureBootPolicy.of(
        boot.db().stream().map(Bytes::of).toList(), boot.dbx().stream().map(Bytes::of).toList());
  }

  private static byte[] variables(SecureBootPolicy policy, Instant now)
      throws IOException, MalformedException, RefusedException {
    UefiVariableStore blank =
        UefiVariableStore.parse(Files.readAllBytes(AcceleratorProbe.BLANK_VARIABLES));
    try {
      return policy.enrolInto(blank, LocalDateTime.ofInstant(now, ZoneOffset.UTC)).toBytes();
    } catch (VariableStoreFullException e) {
      throw new RefusedException(
          Refusal.TEMPLATE_UNUSABLE, "the Secure Boot variables do not fit: " + e.getMessage());
    }
  }
}
