package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixListener;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.migrate.Arrivals;
import org.shieldwall.host.vm.VmStore;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The agent as a whole: start it, and it serves its socket until it is closed. */
public final class HostAgent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HostAgent.class);

  /** How long guests have to shut down when the agent ends. */
  private static final Duration GUESTS = Duration.ofSeconds(25);

  private final HostConfig config;
  private final EnclaveProcess enclave;
  private final HgsClient hgs;
  private final HealthKeeper health;
  private final LeaseKeeper leases;
  private final VmActions vms;
  private final VmSaving saving;
  private final VmBackups backups;
  private final VmDeparture departure;
  private final NamesAtWork names = new NamesAtWork();
  private final AgentServer server;
  private Optional<Arrivals> arrivals = Optional.empty();

  private HostAgent(
      HostConfig config,
      EnclaveProcess enclave,
      HgsClient hgs,
      KeySet enclaveKeys,
      UnixListener listener,
      Pace pace) {
    this.config = config;
    this.enclave = enclave;
    this.hgs = hgs;
    this.health = new HealthKeeper(config, hgs, enclaveKeys, InstantSource.system(), pace);
    this.leases = new LeaseKeeper(enclave::client, health, hgs);
    this.vms = new VmActions(config, enclave, health, hgs, leases);
    VmStore store = new VmStore(config.store());
    this.departure = new VmDeparture(store, enclave, leases);
    this.backups = new VmBackups(store, enclave, vms, InstantSource.system());
    this.saving = new VmSaving(store, enclave, leases);
    this.server = AgentServer.start(listener, this::answer);
  }

  /** Starts the enclave, begins to attest, and serves. */
  public static HostAgent start(HostConfig config) throws AgentException {
    return start(config, Pace.USUAL);
  }

  /** The same, at another pace. */
  public static HostAgent start(HostConfig config, Pace pace) throws AgentException {
    prepare(config);
    HgsClient hgs;
    try {
      hgs = HgsClient.of(config.hgs(), config.hgsCertificate());
    } catch (HgsUnavailableException problem) {
      throw new AgentException(Kind.UNAVAILABLE, "hgs-unavailable", problem.what(), problem.hint());
    }
    UnixListener listener = AgentServer.listen(config.agentSocket());
    try {
      return start(config, hgs, listener, pace);
    } catch (AgentException | RuntimeException failed) {
      listener.close();
      throw failed;
    }
  }

  private static HostAgent start(HostConfig config, HgsClient hgs, UnixListener listener, Pace pace)
      throws AgentException {
    for (String left : new VmStore(config.store()).sweep()) {
      LOG.info("removed what the unfinished creation of VM {} had left", left);
    }
    LeftNetworks networks = LeftNetworks.in(config.runtime());
    EnclaveProcess enclave = EnclaveProcess.start(config);
    try {
      HostAgent agent = new HostAgent(config, enclave, hgs, keys(enclave), listener, pace);
      for (String left : networks.sweep(agent.vms.live())) {
        LOG.info("removed the network that VM {} had left", left);
      }
      agent.health.start();
      agent.leases.start();
      agent.takeOthers();
      return agent;
    } catch (AgentException | RuntimeException failed) {
      enclave.close();
      throw failed;
    }
  }

  /** VMs of other hosts are taken where the configuration names an address for them. */
  private void takeOthers() throws AgentException {
    if (config.migration().isPresent()) {
      VmArrival arrival = new VmArrival(config, enclave, vms, leases, names);
      arrivals = Optional.of(Arrivals.listen(config.migration().get(), arrival::take));
    }
  }

  private static void prepare(HostConfig config) throws AgentException {
    for (Path folder : List.of(config.runtime(), config.store())) {
      try {
        Files.createDirectories(folder);
      } catch (IOException problem) {
        throw new AgentException(
            Kind.UNAVAILABLE,
            "file-not-usable",
            folder + " cannot be made: " + problem.getMessage(),
            "name another --dir, or run it as root");
      }
    }
  }

  private static KeySet keys(EnclaveProcess enclave) throws AgentException {
    try {
      if (enclave.client().ask(new Request.Keys()) instanceof Answer.EnclaveKeys keys) {
        return KeySet.fromJson(Json.of(keys.keys(), "enclave keys"));
      }
    } catch (IOException | ProtectorException problem) {
      throw new AgentException(
          Kind.UNAVAILABLE, "enclave-gone", "the enclave's keys: " + problem.getMessage(), "");
    }
    throw new AgentException(
        Kind.UNAVAILABLE, "enclave-confused", "the enclave did not name its keys", "");
  }

  /** {@return whether the enclave is there; without it the agent is of no use} */
  public boolean isAlive() {
    return enclave.isAlive();
  }

  private ObjectNode answer(
      AgentRequest request, List<Descriptor> descriptors, Consumer<Answer.Progress> progress)
      throws AgentException {
    return switch (request) {
      case AgentRequest.Attest ignored -> certificate(health.attest(AttestationCause.ASKED));
      case AgentRequest.Status ignored -> status();
      case AgentRequest.VmCreate create ->
          names.alone(create.name(), () -> vms.create(create, progress));
      case AgentRequest.VmStart start ->
          names.alone(start.name(), () -> vms.start(start, progress));
      case AgentRequest.VmMigrate migrate ->
          names.alone(
              migrate.name(), () -> departure.migrate(migrate.name(), migrate.to(), progress));
      case AgentRequest.VmMigrateCancel cancel -> departure.cancel(cancel.name());
      case AgentRequest.VmBackup backup ->
          names.alone(backup.name(), () -> backups.backup(backup, progress));
      case AgentRequest.VmImport wanted ->
          names.alone(wanted.name(), () -> backups.extract(wanted, progress));
      case AgentRequest.VmSave save ->
          names.alone(save.name(), () -> saving.save(save.name(), progress));
      case AgentRequest.VmStop stop ->
          vms.stop(stop.name(), stop.force(), stop.waitSeconds(), progress);
      case AgentRequest.VmOpen open -> vms.open(open.name(), open.door(), descriptors);
      case AgentRequest.VmList ignored -> vms.list();
      case AgentRequest.VmShow show -> vms.show(show.name());
      case AgentRequest.VmDelete delete ->
          names.alone(delete.name(), () -> vms.delete(delete.name()));
    };
  }

  private static ObjectNode certificate(AttestReply reply) {
    ObjectNode json =
        Json.object()
            .put("verdict", "healthy")
            .put("host", reply.host())
            .put("expires", reply.expires().toString());
    json.set("claims", reply.claims().toJson());
    return json;
  }

  private ObjectNode status() throws AgentException {
    HealthKeeper.Health known = health.health();
    ObjectNode json =
        Json.object()
            .put("host", config.name())
            .put("hgs", config.hgs().toString())
            .put("mode", config.attestation().mode().id())
            .put("tpm", config.tpm())
            .put("healthy", known.certificate().isPresent());
    json.put("expires", known.certificate().map(c -> c.expires().toString()).orElse(null));
    known.certificate().ifPresent(reply -> json.set("claims", reply.claims().toJson()));
    json.put("attested", known.obtained().map(Object::toString).orElse(null));
    known
        .lastFailure()
        .ifPresent(failure ->
            json.putObject("lastFailure")
                .put("code", failure.code())
                .put("what", failure.what())
                .put("remedy", failure.remedy())
                .set("findings", findings(failure)));
    describe(known, json.putObject("attestation"));
    try {
      Answer.Final answer = enclave.client().ask(new Request.Status(Optional.empty()));
      if (answer instanceof Answer.EnclaveStatus status) {
        describe(status, json.putObject("enclave"));
        json.put("running", status.vms().size());
      }
    } catch (IOException problem) {
      json.putObject("enclave").put("gone", String.valueOf(problem.getMessage()));
    }
    return json;
  }

  private static ArrayNode findings(AgentException failure) {
    ArrayNode array = Json.object().putArray("findings");
    failure.findings().forEach(finding -> array.add(finding.toJson()));
    return array;
  }

  private static void describe(HealthKeeper.Health known, ObjectNode json) {
    known
        .lastAttempt()
        .ifPresent(last ->
            json.putObject("last")
                .put("at", last.at().toString())
                .put("cause", last.cause().label())
                .put("why", last.cause().why())
                .put("detail", last.detail())
                .put("outcome", last.outcome()));
    json.putObject("next")
        .put("at", known.next().at().toString())
        .put("cause", known.next().cause().label())
        .put("why", known.next().cause().why());
    if (known.filesWatched().isPresent()) {
      json.put("filesMeasured", known.filesWatched().getAsLong());
    }
  }

  private static void describe(Answer.EnclaveStatus status, ObjectNode json) {
    Answer.Confinement confinement = status.confinement();
    json.put("id", status.id())
        .put("user", confinement.uid())
        .put("ownUser", confinement.ownUser())
        .put("ownNetwork", confinement.ownNetwork())
        .put("memoryLocked", confinement.memoryLocked())
        .put("secrets", confinement.secrets());
    ArrayNode weaker = json.putArray("weaker");
    confinement.weaker().forEach(weaker::add);
    ArrayNode protections = json.putArray("protections");
    for (Answer.Protection each : status.protections()) {
      protections.addObject().put("name", each.name()).put("on", each.on()).put("why", each.why());
    }
    json.putObject("accelerator")
        .put("name", status.accelerator().name())
        .put("why", status.accelerator().why());
  }

  @Override
  public void close() {
    server.close();
    arrivals.ifPresent(Arrivals::close);
    leases.close();
    leases.endAll(GUESTS);
    health.close();
    enclave.close();
    hgs.close();
  }
}
