package org.shieldwall.enclave.vtpm;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixChannel;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.enclave.worker.Sandbox;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.command.SocketTransport;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.swtpm.SwtpmControl;

/**
 * A running swtpm. Its state folder, its key and its sockets are open descriptors it inherits:
 * nothing of it has a name that another process could open.
 */
public final class VirtualTpm implements AutoCloseable {
  private static final String PROGRAM = "/usr/bin/swtpm";
  private static final String STATE = "/state";
  private static final int CONTROL = 3;
  private static final int KEY = 4;
  private static final int FOLDER = 5;
  private static final int DATA = 6;
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final Duration END = Duration.ofSeconds(10);

  private final ChildProcess process;
  private final UnixSocket control;
  private final Optional<UnixSocket> data;

  private VirtualTpm(ChildProcess process, UnixSocket control, Optional<UnixSocket> data) {
    this.process = process;
    this.control = control;
    this.data = data;
  }

  /**
   * Starts one for a worker, which speaks to it through {@link #controlForWorker}.
   *
   * @param folder its state
   * @param key 32 bytes
   */
  public static VirtualTpm forWorker(Path folder, SecretBytes key) throws IOException {
    return start(folder, key, false);
  }

  /** Starts one that the enclave itself uses. It is off until {@link SwtpmControl#init}. */
  public static VirtualTpm forEnclave(Path folder, SecretBytes key) throws IOException {
    return start(folder, key, true);
  }

  private static VirtualTpm start(Path folder, SecretBytes key, boolean withData)
      throws IOException {
    UnixSocket.Pair control = UnixSocket.pair();
    Optional<UnixSocket.Pair> data = withData ? Optional.of(UnixSocket.pair()) : Optional.empty();
    Descriptor.Pipe pipe = Descriptor.pipe();
    try (Descriptor state = Descriptor.open(folder, Descriptor.Access.DIRECTORY)) {
      List<Descriptor> inherited = new ArrayList<>();
      inherited.add(control.there().descriptor());
      inherited.add(pipe.read());
      inherited.add(state);
      data.ifPresent(pair -> inherited.add(pair.there().descriptor()));
      ChildProcess process = ChildProcess.start(command(withData), Map.of(), inherited);
      handKey(pipe.write(), key);
      return new VirtualTpm(process, control.here(), data.map(UnixSocket.Pair::here));
    } catch (IOException e) {
      control.here().close();
      data.ifPresent(pair -> pair.here().close());
      throw e;
    } finally {
      pipe.read().close();
      pipe.write().close();
      control.there().close();
      data.ifPresent(pair -> pair.there().close());
    }
  }

  /** A pipe holds far more than a key, so the write cannot block. */
  private static void handKey(Descriptor pipe, SecretBytes key) throws IOException {
    key.<Boolean, IOException>exposeMemory(
        SecretAccess.because("state key of a vTPM, into its pipe"),
        memory -> {
          pipe.write(memory);
          return true;
        });
  }

  private static List<String> command(boolean withData) {
    List<String> swtpm = new ArrayList<>(List.of(PROGRAM, "socket", "--tpm2"));
    swtpm.addAll(List.of("--tpmstate", "dir=" + STATE + ",mode=0600"));
    swtpm.addAll(List.of("--key", "fd=" + KEY + ",mode=aes-256-cbc,format=binary"));
    swtpm.addAll(List.of("--ctrl", "type=unixio,clientfd=" + CONTROL));
    if (withData) {
      swtpm.addAll(List.of("--fd", String.valueOf(DATA)));
    }
    return Sandbox.named("vtpm").readOnly(PROGRAM).folder(FOLDER, STATE).run(swtpm);
  }

  /** {@return the control channel, for the enclave's own use} */
  public SwtpmControl control() {
    return SwtpmControl.over(new UnixChannel(control, ANSWER));
  }

  /** {@return the TPM itself, which {@link SwtpmControl#init} has powered on, not yet started} */
  public Tpm tpm() {
    return Tpm.over(SocketTransport.over(new UnixChannel(data.orElseThrow(), ANSWER)));
  }

  /** {@return the control channel, to be inherited by a worker} */
  public Descriptor controlForWorker() {
    return control.descriptor();
  }

  /** Closes this process's end of the control channel once the worker has its own. */
  public void releaseControl() {
    control.close();
  }

  /** {@return whether it has not ended} */
  public boolean alive() {
    return process.alive();
  }

  /** Waits for its end; {@return whether it ended in time} */
  public boolean await(Duration limit) {
    return process.await(limit);
  }

  /** {@return what it said last, for a diagnosis} */
  public String lastWords() {
    return process.tail();
  }

  /** {@return process id of the sandbox} */
  public int pid() {
    return process.pid();
  }

  /** Ends it: it ends by itself when its channels close, and is killed if it does not. */
  @Override
  public void close() {
    control.close();
    data.ifPresent(UnixSocket::close);
    if (!process.await(END)) {
      process.kill();
      process.await(END);
    }
  }
}
