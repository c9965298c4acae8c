package org.shieldwall.enclave.worker;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.DescriptorChannel;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.enclave.posix.UnixSocket;
import tools.jackson.databind.JsonNode;

/** A running virtual machine: the sandboxed QEMU and the only channel to its monitor. */
public final class Worker implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Duration STALL = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(10);

  private final ChildProcess process;
  private final QmpChannel monitor;
  private final WorkerEvents events;
  private final Optional<SerialLine> serial;

  private Worker(
      ChildProcess process, QmpChannel monitor, WorkerEvents events, Optional<SerialLine> serial) {
    this.process = process;
    this.monitor = monitor;
    this.events = events;
    this.serial = serial;
  }

  /** Starts a machine and waits until its monitor answers; it does not run yet. */
  public static Worker start(WorkerPlan plan) throws IOException {
    return start(plan, Optional.empty());
  }

  /**
   * The same, as a user of its own.
   *
   * @param user the user namespace that holds it; stays the caller's
   */
  public static Worker start(WorkerPlan plan, Optional<Descriptor> user) throws IOException {
    UnixSocket.Pair pair = UnixSocket.pair();
    Optional<UnixSocket.Pair> line =
        plan.console() ? Optional.of(UnixSocket.pair()) : Optional.empty();
    ChildProcess process;
    try {
      WorkerPlan.Launch launch =
          plan.launch(
              pair.there().descriptor(), line.map(serial -> serial.there().descriptor()), user);
      process = ChildProcess.start(launch.command(), Map.of(), launch.inherited());
    } catch (IOException e) {
      pair.here().close();
      line.ifPresent(serial -> serial.here().close());
      throw e;
    } finally {
      pair.there().close();
      line.ifPresent(serial -> serial.there().close());
    }
    WorkerEvents events = new WorkerEvents();
    Optional<SerialLine> serial = line.map(ends -> SerialLine.of(ends.here()));
    try {
      return new Worker(
          process, QmpChannel.open(pair.here(), ANSWER, events::note), events, serial);
    } catch (IOException e) {
      process.kill();
      process.await(ANSWER);
      pair.here().close();
      serial.ifPresent(SerialLine::close);
      throw new WorkerException(
          "the worker did not start: " + e.getMessage() + "; it said: " + process.tail());
    }
  }

  /** {@return QEMU's run state} */
  public String status() throws IOException {
    return monitor.status(ANSWER);
  }

  /** Lets the machine run, or run on. */
  public void proceed() throws IOException {
    monitor.execute(QmpCommand.CONTINUE, ANSWER);
  }

  /** Halts the machine where it is. */
  public void pause() throws IOException {
    monitor.execute(QmpCommand.PAUSE, ANSWER);
  }

  /** What takes a machine's state as it comes, or gives it. */
  public interface Transfer<C> {
    /** Takes or gives all of it. */
    void through(C channel) throws IOException;
  }

  /**
   * Gives out memory, devices and vTPM: of a halted machine at once, of one that runs again and
   * again what has changed, until it is so little that the machine is halted for it. Afterwards it
   * is halted, and may proceed; if it fails, it is as it was.
   *
   * @param sink reads to the end
   * @return how long it had been halted by the end
   */
  public Duration sendState(Transfer<ReadableByteChannel> sink) throws IOException {
    monitor.execute(QmpCommand.LIFT_LIMITS, ANSWER);
    Descriptor.Pipe pipe = Descriptor.widePipe();
    try (DescriptorChannel from = new DescriptorChannel(pipe.read(), STALL)) {
      try (Descriptor into = pipe.write()) {
        monitor.execute(QmpCommand.TAKE_STATE, List.of(into), ANSWER);
      }
      monitor.execute(QmpCommand.SEND_STATE, ANSWER);
      sink.through(from);
    } catch (IOException e) {
      giveUpSending(e);
      throw e;
    }
    return Duration.ofMillis(awaitState().path("downtime").longValue(0));
  }

  /** Has {@link #sendState} fail, which another thread is in. */
  public void cancelSending() throws IOException {
    monitor.execute(QmpCommand.GIVE_UP_SENDING, ANSWER);
  }

  /** Only when QEMU has let go of it can the machine proceed. */
  private void giveUpSending(IOException why) {
    try {
      monitor.execute(QmpCommand.GIVE_UP_SENDING, ANSWER);
      JsonNode _ = awaitState();
    } catch (WorkerException given) {
      // As was to be: it says that nothing was transferred.
    } catch (IOException e) {
      why.addSuppressed(e);
    }
  }

  /**
   * Loads what {@link #sendState} gave out into a machine that was started to wait for it, and
   * stays halted.
   *
   * @param source writes all of it
   */
  public void loadState(Transfer<WritableByteChannel> source) throws IOException {
    Descriptor.Pipe pipe = Descriptor.widePipe();
    try (DescriptorChannel into = new DescriptorChannel(pipe.write(), STALL)) {
      try (Descriptor from = pipe.read()) {
        monitor.execute(QmpCommand.TAKE_STATE, List.of(from), ANSWER);
      }
      monitor.execute(QmpCommand.LOAD_STATE, ANSWER);
      source.through(into);
    } catch (SystemCallException e) {
      throw e.errno() == SystemCallException.EPIPE ? stateRefused() : e;
    }
    JsonNode _ = awaitState();
  }

  /** Waits until QEMU says what has come of a transfer, all of which it has had. */
  private JsonNode awaitState() throws IOException {
    long deadline = System.nanoTime() + STALL.toNanos();
    while (true) {
      JsonNode state;
      try {
        state = monitor.execute(QmpCommand.QUERY_STATE, ANSWER);
      } catch (IOException e) {
        throw process.await(ANSWER) ? stateRefused() : e;
      }
      switch (state.path("status").stringValue("")) {
        case "completed" -> {
          return state;
        }
        case "failed", "cancelled" ->
            throw new WorkerException(
                "the state was not transferred: "
                    + state.path("error-desc").stringValue("QEMU does not say why"));
        default -> {
          if (System.nanoTime() > deadline) {
            throw new WorkerException("the transfer of the state does not end");
          }
          LockSupport.parkNanos(POLL.toNanos());
        }
      }
    }
  }

  private WorkerException stateRefused() {
    boolean _ = process.await(ANSWER);
    return new WorkerException("QEMU does not take the state: " + process.tail());
  }

  /** Asks the guest to shut down, as by the power button. */
  public void powerdown() throws IOException {
    monitor.execute(QmpCommand.POWERDOWN, ANSWER);
  }

  /**
   * Shows the screen to a viewer (RFB 3.8), and takes its keys.
   *
   * @param viewer a connected stream socket; stays the caller's
   */
  public void showScreen(Descriptor viewer) throws IOException {
    requireConsole();
    monitor.execute(QmpCommand.TAKE_VIEWER, List.of(viewer), ANSWER);
    monitor.execute(QmpCommand.SHOW_SCREEN, ANSWER);
  }

  /**
   * Connects the serial line, in the place of whoever was connected before.
   *
   * @param terminal a connected stream socket, which the line owns from now on
   */
  public void connectSerial(UnixSocket terminal) throws IOException {
    requireConsole().connect(terminal);
  }

  private SerialLine requireConsole() throws WorkerException {
    return serial.orElseThrow(() -> new WorkerException("this machine has no console"));
  }

  /** Ends it at once, with the disks' and the variables' writes flushed. */
  public void quit() throws IOException {
    monitor.execute(QmpCommand.QUIT, ANSWER);
  }

  /** Ends it at once. */
  public void kill() {
    process.kill();
  }

  /** {@return completes with the exit status when it has ended} */
  public CompletableFuture<Integer> exit() {
    return process.exit();
  }

  /** {@return whether it has not ended} */
  public boolean alive() {
    return process.alive();
  }

  /** Waits for its end; {@return whether it ended in time} */
  public boolean await(Duration limit) {
    return process.await(limit);
  }

  /** {@return why the machine shut down, as QEMU names it; empty if it did not say} */
  public String shutdownReason() {
    return events.shutdownReason();
  }

  /** {@return whether the guest resets so often that it does not get anywhere} */
  public boolean resetsTooOften() {
    return events.resetsTooOften();
  }

  /** {@return what it said last, for a diagnosis} */
  public String lastWords() {
    return process.tail();
  }

  /** {@return process id of the sandbox} */
  public int pid() {
    return process.pid();
  }

  /** Ends it if it has not ended. */
  @Override
  public void close() {
    process.kill();
    process.await(ANSWER);
    monitor.close();
    serial.ifPresent(SerialLine::close);
  }
}
