package org.shieldwall.lab.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Quoted;
import org.shieldwall.tpm.command.SocketTransport;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.command.TpmObject;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/**
 * A booted host that goes on: a copy of its TPM, with the PCRs, clock and counters it had. Whatever
 * is measured now is measured after that boot, as it would be on the host itself.
 */
final class RunningHost implements AutoCloseable {
  private static final Bytes SALT = TpmHash.SHA256.hash(Bytes.ofText("attestation key"));

  private final Path folder;
  private BootedHost booted;
  private SwtpmProcess process;

  private RunningHost(BootedHost booted, Path folder) throws IOException {
    this.booted = booted;
    this.folder = folder;
    this.process = start();
  }

  static RunningHost of(BootedHost booted) throws IOException {
    // Unix sockets need a short path, shorter than JUnit's folders may be.
    Path folder = Files.createTempDirectory("rack");
    Files.createDirectory(folder.resolve("state"));
    return new RunningHost(booted, folder);
  }

  private SwtpmProcess start() throws IOException {
    Path state = folder.resolve("state");
    for (String name : List.of("tpm2-00.permall", "tpm2-00.volatilestate")) {
      Files.copy(
          booted.tpmState().resolve(name),
          state.resolve(name),
          StandardCopyOption.REPLACE_EXISTING);
    }
    return SwtpmProcess.start(SwtpmOptions.standalone(state, folder));
  }

  /** The same machine after another boot; its TPM is where it was. */
  void reboot(BootedHost other) throws IOException {
    if (other.variant().machine() != booted.variant().machine()) {
      throw new IllegalArgumentException(other.variant() + " is another machine's boot");
    }
    process.close();
    booted = other;
    process = start();
  }

  /** Sleeps to memory and wakes: the TPM loses its power, and is started from what it saved. */
  void sleepAndResume() throws IOException, TpmException {
    try (Tpm tpm = tpm()) {
      tpm.shutdown(Tpm.StartupType.STATE);
    }
    process.close();
    Path state = folder.resolve("state");
    // Of what does not last, only that which the TPM itself saved is still there.
    Files.deleteIfExists(state.resolve("tpm2-00.volatilestate"));
    process = SwtpmProcess.start(SwtpmOptions.standalone(state, folder));
    Path socket = process.options().dataSocketPath();
    Tpm tpm = Tpm.over(SocketTransport.connect(socket));
    try {
      tpm.startup(Tpm.StartupType.STATE);
    } finally {
      tpm.release();
    }
  }

  BootedHost booted() {
    return booted;
  }

  /** {@return the TPM; close it before the next caller connects} */
  Tpm tpm() throws IOException, TpmException {
    return process.connect();
  }

  /** {@return what {@code --tpm} takes} */
  String tpmPlace() {
    return "swtpm:" + process.options().dataSocketPath();
  }

  /** Extends PCR 15 with an enclave's id, as each enclave does once. */
  void measureEnclave(Bytes id) throws IOException, TpmException {
    try (Tpm tpm = tpm()) {
      tpm.pcrs().extend(AttestationPolicy.ENCLAVE_PCR, Map.of(TpmHash.SHA256, id));
    }
  }

  /**
   * {@return everything a verifier takes, with a quote over {@code extraData} made now} By a key of
   * the endorsement hierarchy: for one of another's the TPM obfuscates its counters.
   */
  UntrustedEvidence evidence(Bytes extraData, PcrSelection selection)
      throws IOException, TpmException {
    try (Tpm tpm = tpm();
        TpmObject key =
            tpm.keys()
                .createPrimary(Hierarchy.ENDORSEMENT, KeyTemplates.attestationEccP256(SALT))) {
      PcrValues values = tpm.pcrs().read(selection);
      Quoted quoted = tpm.keys().quote(key, Authorization.none(), extraData, selection);
      return new UntrustedEvidence(
          quoted.attest().raw(),
          quoted.signature().marshal(),
          key.area(),
          values,
          Optional.of(booted.eventLog()),
          Optional.of(booted.imaList()),
          Optional.of(booted.commandLine()));
    }
  }

  @Override
  public void close() throws IOException {
    process.close();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
