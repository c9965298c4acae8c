package org.shieldwall.enclave;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ByteChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.BootClock;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.DescriptorChannel;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.enclave.state.AlteredException;
import org.shieldwall.enclave.state.VmDirectory;
import org.shieldwall.enclave.worker.Accelerator;
import org.shieldwall.enclave.worker.AcceleratorProbe;
import org.shieldwall.enclave.worker.WorkerException;
import org.shieldwall.enclave.worker.WorkerPlan;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyId;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.PendingRelease;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.Release;
import org.shieldwall.protector.ReleaseRequest;
import org.shieldwall.protector.ShieldingData;
import org.shieldwall.protector.VolumeSignatureCatalog;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.command.TpmException;
import tools.jackson.databind.JsonNode;

/** What the enclave does for each message. It holds the only private keys a host has. */
final class Enclave {
  /** How long another enclave may say nothing. */
  private static final Duration STALL = Duration.ofSeconds(60);

  private final PrivateKeySet keys;
  private final SecretArena arena;
  private final Answer.Confinement confinement;
  private final OwnersConsent consent;
  private final SecureRandom random;
  private final InstantSource clock;
  private final Sessions sessions;
  private final RunLease.Signer reports;
  private final Machines machines = new Machines();
  private final CompletableFuture<AcceleratorProbe.Result> accelerator;

  Enclave(
      PrivateKeySet keys,
      SecretArena arena,
      Answer.Confinement confinement,
      OwnersConsent consent,
      SecureRandom random,
      InstantSource clock,
      CompletableFuture<AcceleratorProbe.Result> accelerator) {
    this.keys = keys;
    this.arena = arena;
    this.confinement = confinement;
    this.consent = consent;
    this.random = random;
    this.clock = clock;
    this.sessions = new Sessions(random, clock);
    this.reports = new RunLease.Signer(keys, random, new AtomicLong(), BootClock::nanos);
    this.accelerator = accelerator;
  }

  /**
   * Does what is asked, or says why not.
   *
   * @param descriptors that came with the request; the caller closes them
   */
  Answer.Final answer(
      Request request, List<Descriptor> descriptors, Consumer<Answer.Progress> progress) {
    try {
      return switch (request) {
        case Request.Keys ignored ->
            new Answer.EnclaveKeys(keys.publicKeys().toJson(), keys.id().text(), confinement);
        case Request.Prepare prepare -> prepare(prepare, descriptors);
        case Request.Provision provision -> provision(provision, descriptors, progress);
        case Request.Start start -> start(start, descriptors, progress);
        case Request.Save save -> save(save, progress);
        case Request.Offer offer ->
            new Answer.Reported(
                offer.vm(), machines.running(offer.vm()).offer(new KeyId(offer.to())).toJson());
        case Request.Send send -> send(send, descriptors, progress);
        case Request.Receive receive -> receive(receive, descriptors, progress);
        case Request.TakeBack back -> {
          machines.running(back.vm()).takeBack();
          yield new Answer.TakenBack(back.vm());
        }
        case Request.Stop stop -> stop(stop);
        case Request.Open open -> open(open, descriptors);
        case Request.Report report ->
            new Answer.Reported(report.vm(), machines.started(report.vm()).report().toJson());
        case Request.Leased leased -> leased(leased);
        case Request.Status status -> status(status);
      };
    } catch (RefusedException e) {
      return e.answer();
    } catch (ProtectorException
        | DiskRefusedException
        | MalformedException
        | AlteredException
        | TpmException
        | IOException e) {
      return Refusals.of(e);
    }
  }

  private Answer.Final prepare(Request.Prepare prepare, List<Descriptor> descriptors)
      throws ProtectorException, RefusedException, IOException {
    Optional<Descriptor> user = Optional.empty();
    if (!descriptors.isEmpty()) {
      user = Optional.of(one(descriptors, "the worker's user").duplicate(0));
    }
    KeyProtector protector = KeyProtector.fromJson(Json.of(prepare.protector(), "key protector"));
    protector.requireUnexpired(clock.instant());
    PendingRelease pending =
        ReleaseRequest.create(purpose(prepare.purpose()), protector, keys, random);
    return new Answer.Prepared(sessions.add(pending, user), pending.request().toJson());
  }

  private static ReleaseRequest.Purpose purpose(Request.Purpose purpose) {
    return switch (purpose) {
      case PROVISION -> ReleaseRequest.Purpose.PROVISION;
      case START -> ReleaseRequest.Purpose.START;
    };
  }

  /** Opens a release, and holds the owner's policy against this host. */
  private IngressEgress open(JsonNode release, PendingRelease pending)
      throws ProtectorException, RefusedException {
    IngressEgress opened = Release.fromJson(Json.of(release, "release")).open(pending, keys, arena);
    try {
      opened.next().requireUnexpired(clock.instant());
      consent.require(opened.next().grant().policy(), opened.terms().host(), clock.instant());
      return opened;
    } catch (ProtectorException | RefusedException e) {
      opened.close();
      throw e;
    }
  }

  private Answer.Final provision(
      Request.Provision request, List<Descriptor> descriptors, Consumer<Answer.Progress> progress)
      throws ProtectorException,
          RefusedException,
          DiskRefusedException,
          MalformedException,
          TpmException,
          IOException {
    PendingRelease pending = take(request.session(), ReleaseRequest.Purpose.PROVISION);
    Descriptor template = one(descriptors, "the template");
    ShieldingData data = ShieldingData.fromJson(Json.of(request.shieldingData(), "shielding data"));
    if (!data.protector().digest().equals(pending.protector().digest())) {
      throw new RefusedException(
          Refusal.WRONG_PURPOSE, "the release was requested for other shielding data");
    }
    Provisioning provisioning =
        new Provisioning(
            data,
            VolumeSignatureCatalog.fromJson(Json.of(request.catalog(), "catalog")),
            new VmDirectory(request.directory()),
            request.diskBytes(),
            arena,
            random);
    try (IngressEgress opened = open(request.release(), pending)) {
      return new Answer.Provisioned(
          provisioning.run(
              opened,
              template,
              clock.instant(),
              (done, total) ->
                  progress.accept(
                      new Answer.Progress("verifying and encrypting the template", done, total))));
    }
  }

  private Answer.Final start(
      Request.Start request, List<Descriptor> descriptors, Consumer<Answer.Progress> progress)
      throws ProtectorException, RefusedException, AlteredException, TpmException, IOException {
    try (Sessions.Taken taken = sessions.take(request.session(), ReleaseRequest.Purpose.START)) {
      return start(request, taken, descriptors, progress);
    }
  }

  private Answer.Final start(
      Request.Start request,
      Sessions.Taken taken,
      List<Descriptor> descriptors,
      Consumer<Answer.Progress> progress)
      throws ProtectorException, RefusedException, AlteredException, TpmException, IOException {
    long began = System.nanoTime();
    PendingRelease pending = taken.pending();
    refuseSwap();
    UUID vm = pending.protector().vm().orElseThrow();
    Optional<WorkerPlan.Link> network = network(request.network(), descriptors, vm);
    Machines.Slot slot = machines.claim(vm);
    Accelerator here = accelerator.join().accelerator();
    try (IngressEgress opened = open(request.release(), pending)) {
      Starting starting = new Starting(new VmDirectory(request.directory()), opened, arena, random);
      progress.accept(new Answer.Progress("rolling the state to its next generation", 0, 0));
      Starting.Rolled rolled =
          starting.roll(
              pending.protector(),
              slot.expected(pending.protector(), opened),
              request.saved(),
              here);
      boolean resumed = rolled.resumes();
      progress.accept(new Answer.Progress("starting the worker", 0, 0));
      VirtualMachine machine =
          starting.launch(
              rolled,
              new Starting.Wanted(
                  request.definition(), here, network, taken.user(), clock.instant()),
              new RunLease(opened.next(), opened.terms().lease(), reports),
              (done, total) ->
                  progress.accept(new Answer.Progress("loading the saved memory", done, total)));
      slot.fill(machine);
      machine.watched();
      return new Answer.Started(
          vm,
          machine.status().accelerator(),
          opened.next().generation(),
          resumed,
          (System.nanoTime() - began) / 1e9);
    } finally {
      machines.giveBack(vm, slot);
    }
  }

  /** The other half of {@link #send}: the VM waits here, whole, until it may run. */
  private Answer.Final receive(
      Request.Receive request, List<Descriptor> descriptors, Consumer<Answer.Progress> progress)
      throws ProtectorException, RefusedException, AlteredException, IOException {
    try (Sessions.Taken taken = sessions.take(request.session(), ReleaseRequest.Purpose.START)) {
      return receive(request, taken, descriptors, progress);
    }
  }

  private Answer.Final receive(
      Request.Receive request,
      Sessions.Taken taken,
      List<Descriptor> descriptors,
      Consumer<Answer.Progress> progress)
      throws ProtectorException, RefusedException, AlteredException, IOException {
    long began = System.nanoTime();
    PendingRelease pending = taken.pending();
    if (descriptors.isEmpty()) {
      throw new RefusedException(Refusal.MALFORMED, "no descriptor came: the other enclave");
    }
    refuseSwap();
    UUID vm = pending.protector().vm().orElseThrow();
    Optional<WorkerPlan.Link> network =
        network(request.network(), descriptors.subList(0, descriptors.size() - 1), vm);
    Machines.Slot slot = machines.claim(vm);
    Accelerator here = accelerator.join().accelerator();
    try (IngressEgress opened = open(request.release(), pending);
        ByteChannel channel = channel(descriptors.getLast())) {
      Starting starting = new Starting(new VmDirectory(request.directory()), opened, arena, random);
      VirtualMachine machine =
          starting.receive(
              starting.beside(pending.protector()),
              new Starting.Wanted(
                  request.definition(), here, network, taken.user(), clock.instant()),
              new RunLease(opened.next(), opened.terms().lease(), reports),
              channel,
              (done, total) ->
                  progress.accept(new Answer.Progress("receiving the memory", done, total)));
      slot.fill(machine);
      machine.watched();
      return new Answer.Started(
          vm,
          machine.status().accelerator(),
          opened.next().generation(),
          true,
          (System.nanoTime() - began) / 1e9);
    } finally {
      machines.giveBack(vm, slot);
    }
  }

  private static ByteChannel channel(Descriptor socket) throws IOException {
    return new DescriptorChannel(socket.duplicate(0), STALL);
  }

  /** Swap may have been turned on since the enclave looked when it started. */
  private static void refuseSwap() throws RefusedException {
    if (HostSwap.isOn()) {
      throw new RefusedException(Refusal.HOST_SWAPS, HostSwap.WHY);
    }
  }

  private static Optional<WorkerPlan.Link> network(
      Request.Network network, List<Descriptor> descriptors, UUID vm) throws RefusedException {
    MacAddress mac = MacAddress.of(vm);
    return switch (network) {
      case NONE -> Optional.empty();
      case STREAM -> Optional.of(new WorkerPlan.Link.Stream(one(descriptors, "the network"), mac));
      case TAP -> Optional.of(new WorkerPlan.Link.Tap(one(descriptors, "the network"), mac));
    };
  }

  /** Of a VM that is made no worker starts, so that its user is of no use. */
  private PendingRelease take(String session, ReleaseRequest.Purpose purpose)
      throws RefusedException {
    try (Sessions.Taken taken = sessions.take(session, purpose)) {
      return taken.pending();
    }
  }

  private static Descriptor one(List<Descriptor> descriptors, String what) throws RefusedException {
    if (descriptors.size() != 1) {
      throw new RefusedException(
          Refusal.MALFORMED, descriptors.size() + " descriptors came, not 1: " + what);
    }
    return descriptors.getFirst();
  }

  private Answer.Final stop(Request.Stop request) throws RefusedException, IOException {
    long began = System.nanoTime();
    VirtualMachine machine = machines.running(request.vm());
    boolean ended =
        switch (request.how()) {
          case POWERDOWN -> machine.powerdown(Duration.ofSeconds(request.waitSeconds()));
          case KILL -> machine.kill();
        };
    if (!ended) {
      throw new RefusedException(
          new Answer.Refused(
              "guest-does-not-stop",
              "the guest did not shut down within " + request.waitSeconds() + " s",
              "wait, or pull the plug with shieldwall vm stop --force"));
    }
    return new Answer.Stopped(
        request.vm(),
        machine.reason().isEmpty() ? "ended" : VirtualMachine.printable(machine.reason()),
        (System.nanoTime() - began) / 1e9);
  }

  private Answer.Final save(Request.Save request, Consumer<Answer.Progress> progress)
      throws RefusedException, IOException {
    long began = System.nanoTime();
    long bytes =
        machines
            .running(request.vm())
            .save((done, total) ->
                progress.accept(new Answer.Progress("saving the memory", done, total)));
    return new Answer.Saved(request.vm(), bytes, (System.nanoTime() - began) / 1e9);
  }

  private Answer.Final send(
      Request.Send request, List<Descriptor> descriptors, Consumer<Answer.Progress> progress)
      throws RefusedException, IOException {
    long began = System.nanoTime();
    VirtualMachine machine = machines.running(request.vm());
    try (ByteChannel channel = channel(one(descriptors, "the other enclave"))) {
      VirtualMachine.Sent sent =
          machine.send(
              channel,
              (done, total) ->
                  progress.accept(new Answer.Progress("sending the memory", done, total)));
      return new Answer.Sent(
          request.vm(),
          sent.bytes(),
          sent.halted().toMillis() / 1e3,
          (System.nanoTime() - began) / 1e9);
    } catch (WorkerException | SystemCallException | SocketTimeoutException e) {
      throw new RefusedException(Refusal.MIGRATION_FAILED, String.valueOf(e.getMessage()));
    }
  }

  private Answer.Final open(Request.Open request, List<Descriptor> descriptors)
      throws RefusedException, IOException {
    machines.running(request.vm()).open(request.door(), one(descriptors, "who looks"));
    return new Answer.Opened(request.vm());
  }

  private Answer.Final leased(Request.Leased request) throws RefusedException, ProtectorException {
    return new Answer.Leased(
        request.vm(), machines.started(request.vm()).leased(Json.of(request.lease(), "lease")));
  }

  private Answer.Final status(Request.Status request) {
    AcceleratorProbe.Result probed = accelerator.isDone() ? accelerator.join() : null;
    return new Answer.EnclaveStatus(
        keys.id().text(),
        confinement,
        Protections.now(
            confinement,
            machines
                .all(Optional.empty())
                .filter(machine -> !machine.ended())
                .map(VirtualMachine::sight)
                .toList()),
        probed == null
            ? new Answer.Accelerator("not-yet-known", "the probe is running")
            : new Answer.Accelerator(
                probed.accelerator().id(), VirtualMachine.printable(probed.why())),
        machines.all(request.vm()).map(VirtualMachine::status).toList());
  }

  /** Shuts every VM down: first by asking, then at once. */
  void stopAll(Duration patience) {
    Instant deadline = Instant.now().plus(patience);
    machines
        .all(Optional.empty())
        .parallel()
        .filter(machine -> !machine.ended())
        .forEach(machine -> stopOne(machine, Duration.between(Instant.now(), deadline)));
  }

  private static void stopOne(VirtualMachine machine, Duration patience) {
    try {
      if (patience.isPositive() && machine.powerdown(patience)) {
        return;
      }
    } catch (IOException e) {
      // Its monitor does not answer: the plug is pulled below.
    }
    machine.kill();
  }
}
