package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.vm.VmDefinition;
import org.shieldwall.host.vm.VmStore;
import org.shieldwall.host.vm.backup.BackupManifest;
import org.shieldwall.host.vm.backup.BackupPlace;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ObjectNode;

/**
 * Copies of VMs that do not run, to a folder and back. All of what is copied is ciphertext or
 * public: the agent needs nobody's key for it, and an old copy that is put back is still an old one
 * to the key protection service.
 */
final class VmBackups {
  private final VmStore store;
  private final EnclaveProcess enclave;
  private final VmActions vms;
  private final InstantSource clock;

  VmBackups(VmStore store, EnclaveProcess enclave, VmActions vms, InstantSource clock) {
    this.store = store;
    this.enclave = enclave;
    this.vms = vms;
    this.clock = clock;
  }

  /** Adds a backup, and removes those that are too old. */
  ObjectNode backup(AgentRequest.VmBackup wanted, Consumer<Answer.Progress> progress)
      throws AgentException {
    VmDefinition definition = store.read(wanted.name());
    KeyProtector protector = store.protector(wanted.name());
    vms.requireNotRunning(
        definition, "shieldwall vm save " + wanted.name() + ", or: shieldwall vm stop");
    BackupPlace place = new BackupPlace(wanted.place());
    try {
      if (wanted.alone()) {
        requireEmpty(wanted.place());
      }
      BackupPlace.Made made =
          place.add(
              store.folder(wanted.name()),
              definition.id(),
              wanted.name(),
              protector.generation(),
              store.hasMemory(wanted.name()),
              clock.instant().truncatedTo(ChronoUnit.SECONDS),
              (done, total) -> progress.accept(new Answer.Progress("copying", done, total)));
      BackupPlace.Pruning pruning = prune(place, definition.id(), wanted.keep());
      return Json.object()
          .put("name", wanted.name())
          .put("backup", made.manifest().id())
          .put("place", wanted.place().toString())
          .put("generation", protector.generation())
          .put("bytes", made.manifest().bytes())
          .put("added", made.added())
          .put("removed", pruning.backups().size());
    } catch (IOException problem) {
      throw unusable(wanted.place(), problem);
    } catch (ProtectorException problem) {
      throw malformed(wanted.place(), problem);
    }
  }

  private static BackupPlace.Pruning prune(BackupPlace place, UUID vm, int keep)
      throws IOException, ProtectorException {
    BackupPlace.Pruning pruning = place.plan(vm, keep == 0 ? Integer.MAX_VALUE : keep);
    place.prune(pruning);
    return pruning;
  }

  private static void requireEmpty(Path place) throws AgentException, IOException {
    if (Files.exists(place)) {
      try (Stream<Path> entries = Files.list(place)) {
        if (entries.findAny().isPresent()) {
          throw new AgentException(
              Kind.REFUSED,
              "place-not-empty",
              place + " holds something already",
              "name an empty or a new folder; to add to a folder of backups: shieldwall vm backup");
        }
      }
    }
  }

  /** Makes a VM of a backup. */
  ObjectNode extract(AgentRequest.VmImport wanted, Consumer<Answer.Progress> progress)
      throws AgentException {
    BackupPlace place = new BackupPlace(wanted.place());
    try {
      BackupManifest backup = choose(place.list(), wanted);
      Path folder = store.begin(wanted.name());
      boolean complete = false;
      try {
        place.extract(
            backup,
            folder,
            (done, total) -> progress.accept(new Answer.Progress("copying back", done, total)));
        VmDefinition definition = store.adopt(folder, wanted.name());
        enclave.giveAll(folder);
        store.complete(folder, definition);
        complete = true;
      } finally {
        if (!complete) {
          store.delete(wanted.name());
        }
      }
      return vms.show(wanted.name()).put("backup", backup.id());
    } catch (BackupPlace.DamagedException problem) {
      throw new AgentException(
          Kind.REFUSED,
          "backup-damaged",
          wanted.place() + ": " + problem.getMessage(),
          "get the folder again from where it was copied to, or import another backup");
    } catch (IOException problem) {
      throw unusable(wanted.place(), problem);
    } catch (ProtectorException problem) {
      throw malformed(wanted.place(), problem);
    }
  }

  private static BackupManifest choose(List<BackupManifest> all, AgentRequest.VmImport wanted)
      throws AgentException {
    Optional<String> id = wanted.backup();
    if (id.isPresent()) {
      return all.stream()
          .filter(each -> each.id().equals(id.get()))
          .findFirst()
          .orElseThrow(() -> noSuchBackup(wanted, "no backup " + id.get()));
    }
    if (all.stream().map(BackupManifest::vm).distinct().count() > 1) {
      throw noSuchBackup(wanted, "backups of several VMs");
    }
    return all.stream()
        .reduce((first, second) -> second)
        .orElseThrow(() -> noSuchBackup(wanted, "no backup"));
  }

  private static AgentException noSuchBackup(AgentRequest.VmImport wanted, String found) {
    return new AgentException(
        Kind.REFUSED,
        "no-such-backup",
        wanted.place() + " holds " + found,
        "shieldwall vm backups " + wanted.place() + ", then name one with --backup");
  }

  private static AgentException unusable(Path place, IOException problem) {
    return new AgentException(
        Kind.UNAVAILABLE,
        "file-not-usable",
        "copying to or from " + place + " failed: " + problem.getMessage(),
        "check free space and rights there and in the store, then do it again");
  }

  private static AgentException malformed(Path place, ProtectorException problem) {
    return new AgentException(
        Kind.MALFORMED, problem.code().id(), place + ": " + problem.detail(), "");
  }
}
