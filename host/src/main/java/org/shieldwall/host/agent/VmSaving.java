package org.shieldwall.host.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.vm.VmDefinition;
import org.shieldwall.host.vm.VmStore;
import org.shieldwall.protector.Json;
import tools.jackson.databind.node.ObjectNode;

/** Has the enclave keep a VM's memory, and tells the service that the VM has ended with it. */
final class VmSaving {
  // Between two reports of progress; how long all of it takes depends on memory and disk.
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final VmStore store;
  private final EnclaveProcess enclave;
  private final LeaseKeeper leases;

  VmSaving(VmStore store, EnclaveProcess enclave, LeaseKeeper leases) {
    this.store = store;
    this.enclave = enclave;
    this.leases = leases;
  }

  /** Saves a running VM. */
  ObjectNode save(String name, Consumer<Answer.Progress> progress) throws AgentException {
    VmDefinition definition = store.read(name);
    try {
      Answer.Final answer =
          enclave.client().ask(new Request.Save(definition.id()), List.of(), PATIENCE, progress);
      Answer.Saved done = VmActions.expect(Answer.Saved.class, answer);
      leases.reportEnd(definition.id());
      return Json.object()
          .put("name", name)
          .put("id", done.vm().toString())
          .put("bytes", done.bytes())
          .put("seconds", done.seconds());
    } catch (IOException problem) {
      throw VmActions.enclaveGone(problem);
    }
  }
}
