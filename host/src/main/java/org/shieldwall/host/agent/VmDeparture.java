package org.shieldwall.host.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.migrate.Passage;
import org.shieldwall.host.migrate.PeerAddress;
import org.shieldwall.host.vm.VmDefinition;
import org.shieldwall.host.vm.VmStore;
import org.shieldwall.protector.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sends a running VM to another host. Until the key protection service has heard that it was handed
 * over it is this host's, and whatever goes wrong leaves it running here; from then on it is the
 * other's.
 */
final class VmDeparture {
  private static final Logger LOG = LoggerFactory.getLogger(VmDeparture.class);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final VmStore store;
  private final EnclaveProcess enclave;
  private final LeaseKeeper leases;

  VmDeparture(VmStore store, EnclaveProcess enclave, LeaseKeeper leases) {
    this.store = store;
    this.enclave = enclave;
    this.leases = leases;
  }

  /** Sends it. */
  ObjectNode migrate(String name, PeerAddress to, Consumer<Answer.Progress> progress)
      throws AgentException {
    VmDefinition definition = store.read(name);
    long began = System.nanoTime();
    try (Passage.Source passage = Passage.to(to)) {
      String target = passage.propose(name, definition.id(), store.protector(name).generation());
      leases.offer(definition.id(), target);
      passage.offered();
      Answer.Sent sent = send(definition.id(), passage, progress);
      long halted = System.nanoTime();
      handOver(definition.id());
      boolean runs = passage.handedOver();
      double downtime = sent.haltedSeconds() + (System.nanoTime() - halted) / 1e9;
      return Json.object()
          .put("name", name)
          .put("id", definition.id().toString())
          .put("to", to.toString())
          .put("bytes", sent.bytes())
          .put("downtime", downtime)
          .put("running", runs)
          .put("seconds", (System.nanoTime() - began) / 1e9);
    } catch (IOException problem) {
      throw broken(to, problem);
    }
  }

  private Answer.Sent send(UUID vm, Passage.Source passage, Consumer<Answer.Progress> progress)
      throws AgentException, IOException {
    boolean there = false;
    try (Passage.Stream stream = passage.stream()) {
      Answer.Final answer =
          enclave
              .client()
              .ask(new Request.Send(vm), List.of(stream.forEnclave()), PATIENCE, progress);
      stream.handed();
      Answer.Sent sent = VmActions.expect(Answer.Sent.class, answer);
      passage.awaitLoaded();
      there = true;
      return sent;
    } finally {
      if (!there) {
        takeBack(vm);
      }
    }
  }

  /** The service's answer decides: a failure before it leaves the VM here. */
  private void handOver(UUID vm) throws AgentException {
    boolean done = false;
    try {
      Answer.VmLease lease = leases.report(vm);
      done = lease.standing().equals("ended");
      if (!done) {
        throw new AgentException(
            Kind.REFUSED,
            "migration-failed",
            "the VM is not this host's to hand over any more: " + lease.standing(),
            "shieldwall vm list");
      }
    } finally {
      if (!done) {
        takeBack(vm);
      }
    }
  }

  /** Stops a sending that is under way. */
  ObjectNode cancel(String name) throws AgentException {
    VmDefinition definition = store.read(name);
    try {
      Answer.Final answer = enclave.client().ask(new Request.TakeBack(definition.id()));
      Answer.TakenBack _ = VmActions.expect(Answer.TakenBack.class, answer);
      return Json.object().put("name", name).put("cancelled", true);
    } catch (IOException problem) {
      throw VmActions.enclaveGone(problem);
    }
  }

  /** Has it go on here, as soon as the service says that it may. */
  private void takeBack(UUID vm) {
    try {
      if (enclave.client().ask(new Request.TakeBack(vm)) instanceof Answer.TakenBack) {
        leases.report(vm);
      }
    } catch (IOException | AgentException problem) {
      LOG.warn("VM {} goes on here once the service is heard: {}", vm, problem.getMessage());
    }
  }

  private static AgentException broken(PeerAddress to, IOException problem) {
    return new AgentException(
        Kind.UNAVAILABLE,
        "migration-broken",
        "the connection to " + to + " broke: " + problem.getMessage() + ". The VM is where it was",
        "shieldwall vm list on both hosts says where it runs; then migrate it again");
  }
}
