package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.posix.UnixListener;
import org.shieldwall.enclave.worker.AcceleratorProbe;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;

/**
 * The enclave's program, started by the agent in a process of its own: {@code --socket PATH --store
 * PATH --tpm device|stream|none --agent UID}, the TPM open as descriptor 3. It closes its process
 * to others, makes its keys, ties them to this boot, and then answers on its socket until it is
 * told to end (SIGTERM), when it shuts its VMs down.
 */
public final class EnclaveMain {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Set<String> OPTIONS = Set.of("--socket", "--store", "--tpm", "--agent");

  private EnclaveMain() {}

  /** Runs the enclave. Says why on standard error if it ends at once; no stack trace. */
  public static void main(String[] arguments) {
    try {
      run(parse(arguments));
    } catch (ProcessGuard.RefusedException e) {
      end(EnclaveLaunch.UNSAFE, e);
    } catch (BootBinding.TakenException e) {
      end(EnclaveLaunch.TAKEN, e);
    } catch (TpmException | IOException | IllegalArgumentException | IllegalStateException e) {
      end(1, e);
    }
  }

  private static void end(int status, Exception reason) {
    System.err.println("enclave: " + reason.getMessage());
    System.exit(status);
  }

  private static Map<String, String> parse(String[] arguments) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      values.put(arguments[i], arguments[i + 1]);
    }
    if (arguments.length != 2 * OPTIONS.size() || !values.keySet().equals(OPTIONS)) {
      throw new IllegalArgumentException(
          "takes --socket PATH --store PATH --tpm device|stream|none --agent UID");
    }
    return values;
  }

  /** Without a TPM the keys are tied to nothing: then no quote shows them, and only that. */
  private static OwnHost bind(PrivateKeySet keys, String tpmKind)
      throws BootBinding.TakenException, TpmException {
    if (tpmKind.equals(EnclaveLaunch.NO_TPM)) {
      return OwnHost.withoutTpm();
    }
    try (Tpm tpm = InheritedTpm.open(tpmKind)) {
      BootBinding.claim(tpm, keys.publicKeys());
      return OwnHost.of(tpm);
    }
  }

  private static void run(Map<String, String> options)
      throws ProcessGuard.RefusedException, BootBinding.TakenException, TpmException, IOException {
    HiddenArena arena = new HiddenArena();
    Path socket = Path.of(options.getOrDefault("--socket", "")).toAbsolutePath();
    WorkingThreads threads =
        new WorkingThreads(
            socket.resolveSibling("."), Path.of(options.getOrDefault("--store", "")));
    // The last that is done before the threads are restricted: what it reads may lie anywhere.
    SecureRandom random = new SecureRandom();
    Answer.Confinement confinement = ProcessGuard.enforce(arena.kind(), threads);
    int agent = Integer.parseInt(options.getOrDefault("--agent", ""));
    try (UnixListener listener = UnixListener.at(socket, "rw-------")) {
      PrivateKeySet keys = PrivateKeySet.generate(random);
      OwnHost own = bind(keys, options.getOrDefault("--tpm", ""));
      Enclave enclave =
          new Enclave(
              keys,
              arena,
              confinement,
              new OwnersConsent(own),
              random,
              InstantSource.system(),
              CompletableFuture.supplyAsync(AcceleratorProbe::run));
      EnclaveServer server = new EnclaveServer(enclave, Set.copyOf(List.of(0, agent)));
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    // Started by the runtime's own thread for signals, which passes nothing on.
                    List<String> _ = threads.restrict();
                    server.stop();
                    enclave.stopAll(PATIENCE);
                  },
                  "shutdown"));
      server.serve(listener);
    }
  }
}
