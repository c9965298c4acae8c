package org.shieldwall.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEvent;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/**
 * A machine with a TPM of its own: an swtpm, into which a recorded firmware log is extended at each
 * boot just as the firmware did it. It shows the protocol; it proves nothing about this computer,
 * whose root owns the swtpm.
 */
public final class PlayedMachine implements AutoCloseable {
  private static final int FIRST_PCR_NOT_THE_FIRMWARES = 24;

  private final Path directory;
  private @Nullable SwtpmProcess swtpm;

  /** A machine that is switched off. */
  public PlayedMachine(Path directory) {
    this.directory = directory;
  }

  /** Resets the TPM, as power-on does, and plays a boot into it. */
  public void boot(byte[] eventLog) throws IOException, TpmException, MalformedException {
    powerOff();
    SwtpmOptions options = options();
    Files.createDirectories(options.stateDirectory());
    Files.createDirectories(options.runtimeDirectory());
    UntrustedEventLog log = UntrustedEventLog.parse(eventLog, LogLimits.DEFAULT);
    SwtpmProcess started = SwtpmProcess.start(options);
    swtpm = started;
    try (Tpm tpm = started.connect()) {
      tpm.startup(Tpm.StartupType.CLEAR);
      for (UntrustedEvent event : log.events()) {
        extend(tpm, event);
      }
    }
    Files.write(eventLogPath(), eventLog);
  }

  /** {@return the log of the last boot, where a kernel would show it} */
  public Path eventLogPath() {
    return directory.resolve("boot.log");
  }

  /** {@return what {@code --tpm} takes} */
  public String tpmPlace() {
    return "swtpm:" + options().dataSocketPath();
  }

  private SwtpmOptions options() {
    return SwtpmOptions.standalone(directory.resolve("tpm-state"), directory.resolve("tpm"));
  }

  private static void extend(Tpm tpm, UntrustedEvent event) throws TpmException {
    if (!event.extendsPcr() || event.pcr() >= FIRST_PCR_NOT_THE_FIRMWARES) {
      return;
    }
    Map<TpmHash, Bytes> digests = new EnumMap<>(TpmHash.class);
    for (PcrSelection.Bank bank : tpm.capabilities().pcrs().banks()) {
      Optional<Bytes> digest = event.digest(bank.hash());
      if (bank.mask() != 0 && digest.isPresent()) {
        digests.put(bank.hash(), digest.get());
      }
    }
    tpm.pcrs().extend((int) event.pcr(), digests);
  }

  private void powerOff() throws TpmException, IOException {
    SwtpmProcess running = swtpm;
    if (running == null) {
      return;
    }
    swtpm = null;
    try (running;
        Tpm tpm = running.connect()) {
      tpm.shutdown(Tpm.StartupType.CLEAR);
    }
  }

  @Override
  public void close() throws TpmException, IOException {
    powerOff();
  }
}
