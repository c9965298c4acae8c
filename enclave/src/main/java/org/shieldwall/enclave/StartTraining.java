package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Landlock;
import org.shieldwall.enclave.posix.Spawner;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.enclave.posix.UnixListener;
import org.shieldwall.enclave.posix.WorkingCalls;
import org.shieldwall.enclave.worker.Accelerator;
import org.shieldwall.enclave.worker.AcceleratorProbe;
import org.shieldwall.protector.PrivateKeySet;

/**
 * What an enclave does at its start, without its walls and with keys that nobody gets: run once
 * after a build, so that the Java runtime records which classes that takes.
 */
final class StartTraining {
  private StartTraining() {}

  /** Takes the path of a socket. */
  public static void main(String[] arguments) throws IOException {
    Path socket = Path.of(arguments[0]);
    HiddenArena arena = new HiddenArena();
    SecureRandom random = new SecureRandom();
    Spawner.ready();
    int version = Landlock.version();
    Answer.Confinement confinement =
        new Answer.Confinement(
            ThisProcess.uid(),
            WorkingThreads.keptFromFiles(),
            WorkingCalls.restrictedHere(),
            version > 0,
            arena.kind().label(),
            List.of());
    try (UnixListener listener = UnixListener.at(socket, "rw-------")) {
      Enclave enclave =
          new Enclave(
              PrivateKeySet.generate(random),
              arena,
              confinement,
              new OwnersConsent(OwnHost.withoutTpm()),
              random,
              InstantSource.system(),
              CompletableFuture.completedFuture(
                  new AcceleratorProbe.Result(Accelerator.TCG, "training")));
      EnclaveServer server = new EnclaveServer(enclave, Set.of(ThisProcess.uid()));
      Thread asking = new Thread(() -> ask(new EnclaveClient(socket), server));
      asking.start();
      server.serve(listener);
    }
  }

  private static void ask(EnclaveClient client, EnclaveServer server) {
    try {
      client.ask(new Request.Keys());
      client.ask(new Request.Status(Optional.empty()));
    } catch (IOException e) {
      throw new IllegalStateException("no answer to the training", e);
    } finally {
      server.stop();
    }
  }
}
