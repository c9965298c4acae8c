package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.disk.Progress;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.enclave.state.AlteredException;
import org.shieldwall.enclave.state.DurableFiles;
import org.shieldwall.enclave.state.KeptKeys;
import org.shieldwall.enclave.state.StateDigest;
import org.shieldwall.enclave.state.VmDirectory;
import org.shieldwall.enclave.vtpm.VirtualTpm;
import org.shieldwall.enclave.worker.Worker;
import org.shieldwall.enclave.worker.WorkerSight;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyId;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protector.state.StateException;
import org.shieldwall.protector.state.StateIdentity;
import org.shieldwall.protector.state.StateKind;
import org.shieldwall.protector.state.StateWriter;

/**
 * A VM the enclave has started: its worker, its vTPM, its variables, and somebody to watch them.
 */
final class VirtualMachine {
  private static final Duration WATCH = Duration.ofSeconds(2);
  private static final Duration END = Duration.ofSeconds(20);

  private final Identity identity;
  private final VmDirectory.Generation directory;
  private final Worker worker;
  private final VirtualTpm vtpm;
  private final LiveVariables variables;
  private final LiveKeys kept;
  private final SavedMemory.Shape shape;
  private final boolean console;
  private final RunLease lease;
  private final SecureRandom random;
  private final Thread watcher;

  private volatile State state = State.PAUSED;
  private volatile String reason = "";
  private volatile Optional<Digest> last = Optional.empty();
  private volatile Optional<KeyId> offeredTo = Optional.empty();
  private volatile boolean everOffered;
  // Where two hosts share the directory, who may run the VM says which generation counts there.
  private volatile boolean linked;

  /**
   * Which VM it is.
   *
   * @param name of the fabric's choice
   * @param since when it was started
   */
  record Identity(UUID id, String name, long generation, Instant since) {}

  /** What it consists of, all of which it ends. */
  record Parts(Worker worker, VirtualTpm vtpm, LiveVariables variables, LiveKeys kept) {}

  /** What a VM is in. */
  enum State {
    /** It waits for its first lease, or for another after one that is over. */
    PAUSED("paused"),
    RUNNING("running"),
    /** Its guest is halted while its memory is written. */
    SAVING("saving"),
    /** Its guest runs, and its memory goes to another host. */
    SENDING("sending"),
    /** Another enclave has all of it, and this one is to say so. */
    HANDED_OVER("handed-over"),
    STOPPING("stopping"),
    STOPPED("stopped"),
    /** It has ended, and will go on from its memory. */
    SAVED("saved"),
    FAILED("failed");

    private final String label;

    State(String label) {
      this.label = label;
    }
  }

  /**
   * A VM that waits for its first lease.
   *
   * @param linked whether its generation is the one that counts in its directory already
   */
  VirtualMachine(
      Identity identity,
      VmDirectory.Generation directory,
      boolean linked,
      Parts parts,
      SavedMemory.Shape shape,
      boolean console,
      RunLease lease,
      SecureRandom random) {
    this.identity = identity;
    this.linked = linked;
    this.directory = directory;
    this.worker = parts.worker();
    this.vtpm = parts.vtpm();
    this.variables = parts.variables();
    this.kept = parts.kept();
    this.shape = shape;
    this.console = console;
    this.lease = lease;
    this.random = random;
    this.watcher = Thread.ofPlatform().daemon().name("vm " + identity.id()).unstarted(this::watch);
  }

  /** Starts to watch. */
  void watched() {
    watcher.start();
  }

  boolean ended() {
    return state == State.STOPPED || state == State.SAVED || state == State.FAILED;
  }

  private void watch() {
    String problem = "";
    while (!worker.await(WATCH)) {
      try {
        if (variables.save()) {
          HeapResidue.clearSoon();
        }
      } catch (IOException e) {
        problem = "the UEFI variables cannot be written: " + e.getMessage();
      }
      keepToLease();
      if (lease.lost()) {
        problem = lease.why();
      } else if (!vtpm.alive()) {
        problem = "the vTPM ended: " + vtpm.lastWords();
      } else if (worker.resetsTooOften()) {
        problem = "the guest resets again and again: its boot is refused or broken";
      }
      if (!problem.isEmpty()) {
        worker.kill();
      }
    }
    finish(problem);
  }

  private void finish(String problem) {
    String found = problem;
    try {
      boolean _ = state != State.HANDED_OVER && variables.save();
    } catch (IOException e) {
      found = "the UEFI variables cannot be written: " + e.getMessage();
    }
    int status = worker.exit().exceptionally(e -> -1).join();
    worker.close();
    vtpm.close();
    variables.close();
    boolean saved = kept.keys().savedMemory().isPresent();
    kept.close();
    HeapResidue.clearSoon();
    if (state == State.HANDED_OVER && lease.ended()) {
      reason = "it goes on on another host";
      state = State.STOPPED;
      return;
    }
    try {
      if (everOffered && lease.runs()) {
        linked = false; // whoever it was offered to may have pointed the link at its own
        link();
      }
      last = Optional.of(StateDigest.of(directory));
    } catch (IOException e) {
      found = "its state cannot be read any more: " + e.getMessage();
    }
    if (lease.lost()) {
      found = lease.why();
    } else if (found.isEmpty() && status != 0 && state != State.STOPPING && !saved) {
      found = "the worker ended with status " + status + ": " + worker.lastWords();
    }
    reason = found.isEmpty() ? worker.shutdownReason() : found;
    if (saved && last.isPresent()) {
      state = State.SAVED; // whatever went wrong after that: its memory is whole
    } else {
      state = found.isEmpty() ? State.STOPPED : State.FAILED;
    }
  }

  /**
   * Lets the guest run while its lease lasts and the host does not swap, and only then. Where it
   * cannot be halted it is ended.
   */
  private synchronized void keepToLease() {
    boolean mayRun = lease.runs() && !HostSwap.isOn();
    try {
      if (state == State.PAUSED && mayRun) {
        link();
        new VmDirectory(directory.folder().resolveSibling("")).sweep();
        spendMemory();
        worker.proceed();
        state = State.RUNNING;
      } else if (state == State.RUNNING && !mayRun) {
        worker.pause();
        state = State.PAUSED;
      }
    } catch (IOException | AlteredException e) {
      worker.kill();
    }
  }

  /**
   * What the guest goes on from must not be gone on from again. Its key goes first and for good: a
   * crash from here on is like the loss of power of a machine that runs.
   */
  private void spendMemory() throws IOException {
    Optional<KeptKeys.Entry> memory = kept.keys().savedMemory();
    if (memory.isPresent()) {
      kept.remove(memory.get());
      kept.write();
      SavedMemory.delete(directory.memory());
    }
  }

  /**
   * Seals the guest's memory into the VM's directory and ends it. Whatever goes wrong before all of
   * it is on the disk leaves the guest running as it was.
   *
   * @param progress told how many bytes of how many have been written
   * @return how many there were
   */
  long save(Progress progress) throws RefusedException, IOException {
    haltToSave();
    KeptKeys.Entry entry = kept.add(KeptKeys.Of.SAVED_MEMORY, 0);
    long bytes;
    boolean saved = false;
    try {
      Path file = directory.memory().resolveSibling("memory" + DurableFiles.UNFINISHED);
      bytes =
          SavedMemory.write(
              worker,
              shape,
              file,
              entry,
              SavedMemory.identity(entry, StateKind.SAVED_MEMORY, identity.id()),
              random,
              done -> progress.at(Math.min(done, shape.memoryBytes()), shape.memoryBytes()));
      boolean _ = variables.save();
      Files.move(file, directory.memory(), StandardCopyOption.ATOMIC_MOVE);
      DurableFiles.force(directory.folder());
      kept.write(); // from here on the VM is saved
      saved = true;
    } finally {
      if (!saved) {
        kept.remove(entry);
        goOn();
      }
    }
    kill();
    return bytes;
  }

  private synchronized void haltToSave() throws RefusedException, IOException {
    if (state != State.RUNNING) {
      throw new RefusedException(Refusal.NOT_SAVABLE, "the VM is " + state.label);
    }
    worker.pause();
    state = State.SAVING;
  }

  private void goOn() throws IOException {
    Files.deleteIfExists(directory.memory().resolveSibling("memory" + DurableFiles.UNFINISHED));
    synchronized (this) {
      if (state == State.SAVING) {
        state = State.PAUSED;
      }
    }
    keepToLease();
  }

  /** Makes its generation the one that counts in its directory. */
  private void link() throws IOException {
    if (!linked) {
      new VmDirectory(directory.folder().resolveSibling("")).commit(directory);
      linked = true;
    }
  }

  /** Says that another enclave may have its keys, to take it over while it runs. */
  synchronized VmReport offer(KeyId target) throws RefusedException {
    if (state != State.RUNNING) {
      throw new RefusedException(Refusal.MIGRATION_FAILED, "the VM is " + state.label);
    }
    offeredTo = Optional.of(target);
    everOffered = true;
    return lease.reportMove(VmReport.Event.OFFERED, target);
  }

  /** What has been sent, and how long the guest had been halted by then. */
  record Sent(long bytes, Duration halted) {}

  /**
   * Sends it to the enclave that it was offered to. Its guest runs on meanwhile; at the end it is
   * halted, and goes on here only if the key protection service says again that it may.
   *
   * @param channel whose other end is that enclave's
   * @param progress told how many bytes of how much memory have been sent
   */
  Sent send(ByteChannel channel, Progress progress) throws RefusedException, IOException {
    synchronized (this) {
      if (state != State.RUNNING || offeredTo.isEmpty()) {
        throw new RefusedException(Refusal.NOT_OFFERED, "the VM is " + state.label);
      }
      state = State.SENDING;
    }
    Optional<Sent> sent = Optional.empty();
    StateIdentity stream =
        new StateIdentity(StateKind.MIGRATION, identity.id(), identity.generation(), 0);
    try (StateWriter writer =
        MigrationChannel.begin(channel, kept.migration(), stream, kept.arena(), random)) {
      long memory = shape.memoryBytes();
      Duration halted =
          SavedMemory.write(
              worker, shape, writer, done -> progress.at(Math.min(done, memory), memory));
      sent = Optional.of(new Sent(writer.written(), halted));
      return sent.get();
    } catch (StateException e) {
      throw new RefusedException(Refusal.MIGRATION_FAILED, e.detail());
    } finally {
      synchronized (this) {
        if (state == State.SENDING) {
          state = sent.isPresent() ? State.HANDED_OVER : State.PAUSED;
        }
        if (sent.isPresent()) {
          lease.giveUp();
          linked = false;
        }
      }
      keepToLease();
    }
  }

  /** Stops a sending, or has the guest go on here once a report of it is answered so. */
  void takeBack() throws IOException {
    boolean sending;
    synchronized (this) {
      sending = state == State.SENDING;
      if (state == State.HANDED_OVER && !lease.ended()) {
        state = State.PAUSED;
        offeredTo = Optional.empty();
      }
    }
    if (sending) {
      worker.cancelSending();
    }
  }

  /** {@return what is to be said of it to the key protection service} */
  synchronized VmReport report() throws RefusedException, IOException {
    if (state == State.HANDED_OVER) {
      return lease.reportMove(VmReport.Event.HANDED_OVER, offeredTo.orElseThrow());
    }
    if (!ended()) {
      link(); // nothing older starts once this is answered
      return lease.report(VmReport.Event.RUNNING, Optional.empty());
    }
    if (last.isEmpty()) {
      throw new RefusedException(Refusal.NOT_USABLE, reason);
    }
    return lease.report(state == State.SAVED ? VmReport.Event.SAVED : VmReport.Event.STOPPED, last);
  }

  /** Takes the answer to {@link #report}, and does at once what it says. */
  Answer.VmLease leased(Json answer) throws ProtectorException, RefusedException {
    lease.take(answer);
    if (!ended()) {
      if (lease.lost() || (state == State.HANDED_OVER && lease.ended())) {
        worker.kill();
      } else {
        keepToLease();
      }
    }
    return lease.state();
  }

  /** {@return what the kernel shows of its processes} */
  WorkerSight sight() {
    return WorkerSight.of(identity.name(), console, worker.pid(), vtpm.pid());
  }

  /** {@return digest of the state that it left}; empty if it has not ended */
  Optional<Digest> last() {
    return last;
  }

  long generation() {
    return identity.generation();
  }

  /**
   * Opens a way in that the owner allows.
   *
   * @param peer a connected stream socket; stays the caller's
   */
  void open(Request.Door door, Descriptor peer) throws RefusedException, IOException {
    if (!console) {
      throw new RefusedException(
          Refusal.CONSOLE_NOT_ALLOWED, "the owner's grant says that this VM is shielded");
    }
    switch (door) {
      case SCREEN -> worker.showScreen(peer);
      case SERIAL -> worker.connectSerial(new UnixSocket(peer.duplicate(0)));
    }
  }

  /**
   * Asks the guest to shut down, which one that is halted does not hear; {@return whether all has
   * ended in time}
   */
  boolean powerdown(Duration limit) throws IOException {
    if (state == State.PAUSED || state == State.HANDED_OVER) {
      return false;
    }
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      worker.powerdown();
    } catch (IOException e) {
      if (worker.alive()) {
        throw e;
      }
    }
    // A guest may not yet, or not any more, listen to its power button: it is pressed again.
    while (!worker.await(WATCH)) {
      if (System.nanoTime() >= deadline) {
        return false;
      }
      try {
        worker.powerdown();
      } catch (IOException e) {
        // It is just ending.
      }
    }
    return awaitEnd();
  }

  /** Ends it at once; {@return whether all has ended} */
  boolean kill() {
    state = ended() || state == State.HANDED_OVER ? state : State.STOPPING;
    try {
      worker.quit();
    } catch (IOException e) {
      // It does not listen, or has ended.
    }
    if (!worker.await(Duration.ofSeconds(5))) {
      worker.kill();
    }
    return awaitEnd();
  }

  private boolean awaitEnd() {
    try {
      return watcher.join(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  String reason() {
    return reason;
  }

  Answer.RunningVm status() {
    String why = state == State.PAUSED && HostSwap.isOn() ? HostSwap.WHY : reason;
    return new Answer.RunningVm(
        identity.id(),
        identity.name(),
        state.label,
        shape.accelerator().id(),
        identity.generation(),
        identity.since(),
        why.isEmpty() ? Optional.empty() : Optional.of(printable(why)),
        lease.state());
  }

  /** What a worker says may hold anything. */
  static String printable(String text) {
    String clean = text.replaceAll("\\s+", " ").replaceAll("[^\\x20-\\x7e]", "?").strip();
    return clean.length() > 3000 ? clean.substring(clean.length() - 3000) : clean;
  }
}
