package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.vm.VmDefinition;
import org.shieldwall.host.vm.VmStore;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.Release;
import org.shieldwall.protector.RestoreGrant;
import org.shieldwall.protector.ShieldingData;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the agent does with a VM: it carries documents between the enclave, the key protection
 * service and the store. Everything that opens something is done by one of the other two.
 */
final class VmActions {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int MAX_CATALOG = 64 << 20;

  private final HostConfig config;
  private final EnclaveProcess enclave;
  private final HealthKeeper health;
  private final HgsClient hgs;
  private final LeaseKeeper leases;
  private final VmStore store;

  VmActions(
      HostConfig config,
      EnclaveProcess enclave,
      HealthKeeper health,
      HgsClient hgs,
      LeaseKeeper leases) {
    this.leases = leases;
    this.config = config;
    this.enclave = enclave;
    this.health = health;
    this.hgs = hgs;
    this.store = new VmStore(config.store());
  }

  /** A session of the enclave's, and the release that answers its request. */
  record Released(String session, JsonNode release) {}

  /** Makes a VM from a template and shielding data. */
  ObjectNode create(AgentRequest.VmCreate wanted, Consumer<Answer.Progress> progress)
      throws AgentException {
    JsonNode data = document(wanted.data(), ShieldingData.MAX_BYTES, "shielding data");
    JsonNode catalog = document(wanted.catalog(), MAX_CATALOG, "catalog");
    Path folder = store.begin(wanted.name());
    boolean complete = false;
    try (Descriptor template = open(wanted.template())) {
      enclave.give(folder);
      Released released =
          release(Request.Purpose.PROVISION, data.path("protector"), Optional.empty());
      Answer.Final answer =
          enclave
              .client()
              .ask(
                  new Request.Provision(
                      released.session(),
                      released.release(),
                      data,
                      catalog,
                      folder,
                      wanted.diskBytes()),
                  List.of(template),
                  PATIENCE,
                  progress);
      Answer.Provisioned made = expect(Answer.Provisioned.class, answer);
      VmDefinition definition =
          new VmDefinition(
              wanted.name(), made.vm(), wanted.cpus(), wanted.memoryMebibytes(), wanted.network());
      store.complete(folder, definition);
      complete = true;
      return show(wanted.name());
    } catch (IOException problem) {
      throw enclaveGone(problem);
    } finally {
      if (!complete) {
        store.delete(wanted.name());
      }
    }
  }

  /** Starts a VM. */
  ObjectNode start(AgentRequest.VmStart wanted, Consumer<Answer.Progress> progress)
      throws AgentException {
    String name = wanted.name();
    Optional<JsonNode> grant =
        wanted.restore().isPresent()
            ? Optional.of(document(wanted.restore().get(), RestoreGrant.MAX_BYTES, "owner's grant"))
            : Optional.empty();
    VmDefinition definition = store.read(name);
    KeyProtector protector = store.protector(name);
    if (running(definition.id()).filter(VmActions::isLive).isPresent()) {
      throw new AgentException(
          Kind.REFUSED,
          "vm-running",
          "this VM is running already on this host",
          "shieldwall vm list");
    }
    leases.reportEnd(definition.id());
    // First whether it may start at all: a refusal must not be hidden by a port that is taken.
    Released released = release(Request.Purpose.START, protector.toJson(), grant);
    GuestLink link =
        GuestLink.open(
            definition.network(),
            MacAddress.of(definition.id()),
            LeftNetworks.folder(config.runtime(), name));
    boolean started = false;
    try {
      Answer.Final answer =
          enclave
              .client()
              .ask(
                  new Request.Start(
                      released.session(),
                      released.release(),
                      store.folder(name),
                      new Request.Definition(name, definition.cpus(), definition.memoryMebibytes()),
                      link.kind(),
                      wanted.saved()),
                  link.descriptor().stream().toList(),
                  PATIENCE,
                  progress);
      Answer.Started done = expect(Answer.Started.class, answer);
      started = true;
      link.release();
      leases.begin(name, done.vm());
      return Json.object()
          .put("name", name)
          .put("id", done.vm().toString())
          .put("accelerator", done.accelerator())
          .put("generation", done.generation())
          .put("resumed", done.resumed())
          .put("network", link.inWords())
          .put("seconds", done.seconds());
    } catch (IOException problem) {
      throw enclaveGone(problem);
    } finally {
      if (!started) {
        link.close();
      }
    }
  }

  /** Stops a VM. */
  ObjectNode stop(String name, boolean force, int waitSeconds, Consumer<Answer.Progress> progress)
      throws AgentException {
    VmDefinition definition = store.read(name);
    Request.How how = force ? Request.How.KILL : Request.How.POWERDOWN;
    try {
      Answer.Final answer =
          enclave
              .client()
              .ask(
                  new Request.Stop(definition.id(), how, waitSeconds),
                  List.of(),
                  Duration.ofSeconds(waitSeconds + 60L),
                  progress);
      Answer.Stopped done = expect(Answer.Stopped.class, answer);
      leases.reportEnd(definition.id());
      return Json.object()
          .put("name", name)
          .put("id", done.vm().toString())
          .put("how", done.how())
          .put("seconds", done.seconds());
    } catch (IOException problem) {
      throw enclaveGone(problem);
    }
  }

  /** Hands whoever looks to the enclave, which asks the owner's grant whether he may. */
  ObjectNode open(String name, Request.Door door, List<Descriptor> descriptors)
      throws AgentException {
    VmDefinition definition = store.read(name);
    try {
      Answer.Final answer =
          enclave
              .client()
              .ask(
                  new Request.Open(definition.id(), door),
                  descriptors,
                  Duration.ofSeconds(60),
                  progress -> {});
      expect(Answer.Opened.class, answer);
      return Json.object().put("name", name).put("door", door.word());
    } catch (IOException problem) {
      throw enclaveGone(problem);
    }
  }

  /** {@return every VM in the store} */
  ObjectNode list() throws AgentException {
    ObjectNode result = Json.object();
    ArrayNode vms = result.putArray("vms");
    for (String name : store.names()) {
      vms.add(show(name));
    }
    return result;
  }

  /** {@return what is known of one VM} */
  ObjectNode show(String name) throws AgentException {
    VmDefinition definition = store.read(name);
    ObjectNode result = definition.toJson();
    result.remove("format");
    KeyProtector protector = store.protector(name);
    result.put("class", protector.grant().policy().vmClass().id());
    result.put("owner", protector.grant().owner().name());
    result.put("generation", protector.generation());
    result.put("mac", MacAddress.of(definition.id()).text());
    result.put("directory", store.folder(name).toString());
    Optional<Answer.RunningVm> running = running(definition.id());
    result.put(
        "state",
        running
            .filter(VmActions::isLive)
            .map(Answer.RunningVm::state)
            .orElseGet(() -> restState(name, running)));
    running.ifPresent(vm -> {
      result.put("accelerator", vm.accelerator());
      result.put("since", vm.since().toString());
      vm.reason().ifPresent(reason -> result.put("reason", reason));
      result.put("lease", vm.lease().standing());
      if (isLive(vm) && vm.lease().left() > 0) {
        Instant until = Instant.now().plusSeconds(vm.lease().left());
        result.put("leaseUntil", until.truncatedTo(ChronoUnit.SECONDS).toString());
      }
    });
    return result;
  }

  /** What a VM is that does not run. That its memory opens is known when it starts. */
  private String restState(String name, Optional<Answer.RunningVm> ended) {
    if (store.hasMemory(name)) {
      return "saved";
    }
    return ended
        .map(Answer.RunningVm::state)
        .filter(state -> !state.equals("saved"))
        .orElse("stopped");
  }

  /** Deletes a VM that is not running. */
  ObjectNode delete(String name) throws AgentException {
    VmDefinition definition = store.read(name);
    requireNotRunning(definition, "shieldwall vm stop " + name);
    leases.reportEnd(definition.id());
    LeftNetworks.remove(config.runtime(), name);
    store.delete(name);
    return Json.object().put("name", name).put("deleted", true);
  }

  /** Refuses a VM that runs on this host. */
  void requireNotRunning(VmDefinition definition, String remedy) throws AgentException {
    if (running(definition.id()).filter(VmActions::isLive).isPresent()) {
      throw new AgentException(Kind.REFUSED, "vm-running", "the VM is running", remedy);
    }
  }

  /** {@return the names of the VMs that the enclave has not ended} */
  Set<String> live() throws AgentException {
    try {
      Answer.Final answer = enclave.client().ask(new Request.Status(Optional.empty()));
      return expect(Answer.EnclaveStatus.class, answer).vms().stream()
          .filter(VmActions::isLive)
          .map(Answer.RunningVm::name)
          .collect(Collectors.toSet());
    } catch (IOException problem) {
      throw enclaveGone(problem);
    }
  }

  private Optional<Answer.RunningVm> running(UUID vm) throws AgentException {
    try {
      Answer.Final answer = enclave.client().ask(new Request.Status(Optional.empty()));
      return expect(Answer.EnclaveStatus.class, answer).vms().stream()
          .filter(one -> one.vm().equals(vm))
          .findFirst();
    } catch (IOException problem) {
      throw enclaveGone(problem);
    }
  }

  static boolean isLive(Answer.RunningVm vm) {
    return switch (vm.state()) {
      case "stopped", "saved", "failed" -> false;
      default -> true;
    };
  }

  /** Has the key protection service release what {@code protector} holds to this host's enclave. */
  Released release(Request.Purpose purpose, JsonNode protector, Optional<JsonNode> restore)
      throws AgentException {
    Bytes certificate = health.certificate().certificate();
    try (Workers users = new Workers(user(purpose, protector))) {
      Answer.Final answer =
          enclave
              .client()
              .ask(
                  new Request.Prepare(purpose, protector),
                  users.namespace().stream().toList(),
                  Duration.ofSeconds(60),
                  progress -> {});
      Answer.Prepared prepared = expect(Answer.Prepared.class, answer);
      return new Released(
          prepared.session(),
          release(certificate, prepared.request(), protector, restore).toJson());
    } catch (RefusedException refused) {
      throw AgentException.of(refused);
    } catch (HgsUnavailableException unavailable) {
      throw AgentException.of(unavailable);
    } catch (IOException problem) {
      throw enclaveGone(problem);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new AgentException(Kind.UNAVAILABLE, "interrupted", "the agent is stopping", "");
    }
  }

  /** What goes with a request, closed after it. */
  private record Workers(Optional<Descriptor> namespace) implements AutoCloseable {
    @Override
    public void close() {
      namespace.ifPresent(Descriptor::close);
    }
  }

  /** A user of its own for the VM's worker, which only root can give it. */
  private Optional<Descriptor> user(Request.Purpose purpose, JsonNode protector)
      throws IOException {
    if (purpose == Request.Purpose.PROVISION) {
      return Optional.empty();
    }
    try {
      Optional<UUID> vm = KeyProtector.fromJson(Json.of(protector, "key protector")).vm();
      return vm.isPresent() ? enclave.userOf(vm.get()) : Optional.empty();
    } catch (ProtectorException malformed) {
      return Optional.empty(); // the enclave says what is wrong with it
    }
  }

  /** A certificate that is refused before its time says nothing about a fresh one: tried once. */
  private Release release(
      Bytes certificate, JsonNode request, JsonNode protector, Optional<JsonNode> restore)
      throws AgentException, RefusedException, HgsUnavailableException, InterruptedException {
    try {
      return hgs.release(certificate, request, protector, restore);
    } catch (RefusedException refused) {
      if (!refused.problem().type().equals(ProblemType.CERTIFICATE_REFUSED.urn())) {
        throw refused;
      }
      return hgs.release(health.insteadOf(certificate).certificate(), request, protector, restore);
    }
  }

  static <T extends Answer.Final> T expect(Class<T> kind, Answer.Final answer)
      throws AgentException {
    if (answer instanceof Answer.Refused refused) {
      throw new AgentException(
          Kind.REFUSED,
          refused.code(),
          "the enclave refused: " + refused.detail(),
          refused.remedy());
    }
    if (!kind.isInstance(answer)) {
      throw new AgentException(
          Kind.UNAVAILABLE, "enclave-confused", "the enclave answered something else", "");
    }
    return kind.cast(answer);
  }

  static AgentException enclaveGone(IOException problem) {
    return new AgentException(
        Kind.UNAVAILABLE,
        "enclave-gone",
        "the enclave does not answer: " + problem.getMessage(),
        "see enclave.log in the host's directory; a new enclave needs a reboot");
  }

  private static Descriptor open(Path template) throws AgentException {
    try {
      return Descriptor.open(template, Descriptor.Access.READ);
    } catch (IOException problem) {
      throw notReadable("template", template, problem);
    }
  }

  private static JsonNode document(Path file, int limit, String what) throws AgentException {
    try (var in = Files.newInputStream(file)) {
      return Json.parse(in.readNBytes(limit + 1), what, limit).node();
    } catch (IOException problem) {
      throw notReadable(what, file, problem);
    } catch (ProtectorException problem) {
      throw new AgentException(
          Kind.MALFORMED, problem.code().id(), file + ": " + problem.detail(), "");
    }
  }

  private static AgentException notReadable(String what, Path file, IOException problem) {
    return new AgentException(
        Kind.UNAVAILABLE,
        "file-not-usable",
        "the " + what + " " + file + " cannot be read: " + problem.getMessage(),
        "");
  }
}
