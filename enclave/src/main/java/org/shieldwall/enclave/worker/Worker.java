package org.shieldwall.enclave.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.UnixSocket;

/** A running virtual machine: the sandboxed QEMU and the only channel to its monitor. */
public final class Worker implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final ChildProcess process;
  private final QmpChannel monitor;
  private final WorkerEvents events;

  private Worker(ChildProcess process, QmpChannel monitor, WorkerEvents events) {
    this.process = process;
    this.monitor = monitor;
    this.events = events;
  }

  /** Starts a machine and waits until its monitor answers. */
  public static Worker start(WorkerPlan plan) throws IOException {
    UnixSocket.Pair pair = UnixSocket.pair();
    ChildProcess process;
    try (UnixSocket there = pair.there()) {
      WorkerPlan.Launch launch = plan.launch(there.descriptor());
      process = ChildProcess.start(launch.command(), Map.of(), launch.inherited());
    } catch (IOException e) {
      pair.here().close();
      throw e;
    }
    WorkerEvents events = new WorkerEvents();
    try {
      return new Worker(process, QmpChannel.open(pair.here(), ANSWER, events::note), events);
    } catch (IOException e) {
      process.kill();
      process.await(ANSWER);
      pair.here().close();
      throw new WorkerException(
          "the worker did not start: " + e.getMessage() + "; it said: " + process.tail());
    }
  }

  /** {@return QEMU's run state} */
  public String status() throws IOException {
    return monitor.status(ANSWER);
  }

  /** Asks the guest to shut down, as by the power button. */
  public void powerdown() throws IOException {
    monitor.execute(QmpCommand.POWERDOWN, ANSWER);
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
  }
}
