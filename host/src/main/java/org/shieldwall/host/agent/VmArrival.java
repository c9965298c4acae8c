package org.shieldwall.host.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.migrate.Passage;
import org.shieldwall.host.vm.VmDefinition;
import org.shieldwall.host.vm.VmStore;
import org.shieldwall.protector.KeyProtector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a VM that runs on another host. Whoever sends it is not believed: the key protection
 * service releases its keys only if the enclave that runs it offers it to this host's, and the
 * guest waits until the service says that it is this host's.
 */
final class VmArrival {
  private static final Logger LOG = LoggerFactory.getLogger(VmArrival.class);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final HostConfig config;
  private final VmStore store;
  private final EnclaveProcess enclave;
  private final VmActions vms;
  private final LeaseKeeper leases;
  private final NamesAtWork names;

  VmArrival(
      HostConfig config,
      EnclaveProcess enclave,
      VmActions vms,
      LeaseKeeper leases,
      NamesAtWork names) {
    this.config = config;
    this.store = new VmStore(config.store());
    this.enclave = enclave;
    this.vms = vms;
    this.leases = leases;
    this.names = names;
  }

  /** Takes one. */
  void take(Passage.Target passage) throws AgentException, IOException {
    boolean _ =
        names.alone(
            passage.name(),
            () -> {
              try {
                takeAlone(passage);
                return true;
              } catch (IOException broken) {
                throw new AgentException(
                    Kind.UNAVAILABLE,
                    "migration-broken",
                    "the connection broke: " + broken.getMessage(),
                    "shieldwall vm list on both hosts says where it runs");
              }
            });
  }

  private void takeAlone(Passage.Target passage) throws AgentException, IOException {
    VmDefinition definition = here(passage);
    KeyProtector protector = store.protector(passage.name());
    if (protector.generation() != passage.generation()) {
      throw notHere(passage, "generation " + protector.generation() + " of it");
    }
    passage.accept(enclaveId());
    VmActions.Released released =
        vms.release(Request.Purpose.START, protector.toJson(), Optional.empty());
    GuestLink link =
        GuestLink.open(
            definition.network(),
            MacAddress.of(definition.id()),
            config.runtime().resolve("net-" + passage.name()));
    boolean arrived = false;
    try (Passage.Stream stream = passage.stream()) {
      receive(passage, definition, released, link, stream);
      arrived = true;
    } finally {
      if (!arrived) {
        link.close();
      }
    }
    link.release();
    finish(passage, definition.id());
  }

  private VmDefinition here(Passage.Target passage) throws AgentException {
    VmDefinition definition;
    try {
      definition = store.read(passage.name());
    } catch (AgentException absent) {
      throw notHere(passage, "no VM of this name");
    }
    if (!definition.id().equals(passage.vm())) {
      throw notHere(passage, "another VM of this name");
    }
    return definition;
  }

  private static AgentException notHere(Passage.Target passage, String found) {
    return new AgentException(
        Kind.REFUSED,
        "vm-not-shared",
        "this host's store has "
            + found
            + ", not the VM \""
            + passage.name()
            + "\" that is offered",
        "a VM moves while it runs only between hosts that share the folder it lies in; else: vm save,"
            + " vm export, and vm import there");
  }

  private String enclaveId() throws AgentException {
    try {
      Answer.Final answer = enclave.client().ask(new Request.Keys());
      return VmActions.expect(Answer.EnclaveKeys.class, answer).id();
    } catch (IOException problem) {
      throw VmActions.enclaveGone(problem);
    }
  }

  private void receive(
      Passage.Target passage,
      VmDefinition definition,
      VmActions.Released released,
      GuestLink link,
      Passage.Stream stream)
      throws AgentException, IOException {
    List<Descriptor> descriptors = new ArrayList<>();
    link.descriptor().ifPresent(descriptors::add);
    descriptors.add(stream.forEnclave());
    Answer.Final answer =
        enclave
            .client()
            .ask(
                new Request.Receive(
                    released.session(),
                    released.release(),
                    store.folder(passage.name()),
                    new Request.Definition(
                        passage.name(), definition.cpus(), definition.memoryMebibytes()),
                    link.kind()),
                descriptors,
                PATIENCE,
                progress -> {});
    stream.handed();
    Answer.Started _ = VmActions.expect(Answer.Started.class, answer);
    passage.loaded();
  }

  /** If the other agent is not heard any more, the service knows whose the VM is. */
  private void finish(Passage.Target passage, UUID vm) throws AgentException, IOException {
    boolean told;
    try {
      passage.awaitHandOver();
      told = true;
    } catch (IOException | AgentException lost) {
      LOG.warn("VM {}: the other host is not heard any more: {}", vm, lost.getMessage());
      told = false;
    }
    leases.begin(passage.name(), vm);
    if (told) {
      passage.running();
    }
  }
}
