package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.policy.PolicyDocument;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.host.attest.Attester;
import org.shieldwall.host.attest.Evidence;
import org.shieldwall.host.attest.HostTpm;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/**
 * A service as its administrator runs it, by commands, and hosts that really booted, which attest
 * to it over HTTPS with the agent's own code.
 */
final class Rack implements AutoCloseable {
  private static final long START_SECONDS = 120;

  private final Path folder;
  private final int port = freePort();
  private final Process service;
  private final List<Host> hosts = new ArrayList<>();

  private Rack(Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    hgs("init", "--listen", "127.0.0.1:" + port).orFail();
    Path log = folder.resolve("hgs.log");
    this.service = Command.start(log, "hgs", "serve", "--json", "--dir", folder.resolve("hgs"));
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!Files.readString(log).contains("\"ready\":true")) {
      if (service.waitFor(50, TimeUnit.MILLISECONDS) || System.nanoTime() > limit) {
        service.destroy();
        throw new AssertionError("the service did not start: " + Files.readString(log));
      }
    }
  }

  static Rack in(Path folder) throws IOException, InterruptedException {
    return new Rack(folder);
  }

  /** Runs {@code shieldwall hgs …}. */
  Command.Result hgs(Object... words) {
    List<Object> line = new ArrayList<>();
    line.add("hgs");
    line.addAll(List.of(words));
    line.addAll(List.of("--dir", folder.resolve("hgs")));
    return Command.run(line.toArray());
  }

  /** What an administrator does with the service's data. */
  interface Work<T> {
    T with(Administration administration) throws HgsException;
  }

  /** Does what commands do, beside the running service. */
  <T> T administer(Work<T> work) throws HgsException {
    try (Database database = new HgsFolder(folder.resolve("hgs")).openDatabase()) {
      return work.with(new Administration(database, InstantSource.system()));
    }
  }

  /** Puts a policy in force. */
  void policy(String name, String text) throws HgsException {
    PolicyDocument document = PolicyReader.read(name + ".toml", text, PolicyFiles.of(Map.of()));
    administer(each -> each.policies().add(document, false));
  }

  /** A host that has booted so, registered under this name. */
  Host register(String name, HostVariant variant) throws Exception {
    Host host = host(name, variant);
    add(host).orFail();
    return host;
  }

  /** A host that has booted so, of which the service does not know yet. */
  Host host(String name, HostVariant variant) throws Exception {
    Host host = new Host(name, RunningHost.of(RealBoots.of(variant)));
    hosts.add(host);
    host.boot(variant);
    return host;
  }

  /** Writes who a host is, with what its TPM holds, and runs {@code hgs host add} with it. */
  Command.Result add(Host host) throws Exception {
    Path identity = folder.resolve(host.name() + ".identity.json");
    try (HostTpm tpm = HostTpm.open(host.tpm())) {
      Files.write(identity, tpm.identity(host.name()).toBytes());
    }
    return hgs("host", "add", identity);
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    service.destroy();
    service.onExit().join();
    for (Host each : hosts) {
      each.running.close();
    }
  }

  /** One host of the rack. */
  final class Host {
    private final String name;
    private final RunningHost running;
    private KeySet enclave;

    private Host(String name, RunningHost running) {
      this.name = name;
      this.running = running;
      this.enclave = newEnclave();
    }

    private static KeySet newEnclave() {
      return PrivateKeySet.generate(new SecureRandom()).publicKeys();
    }

    String name() {
      return name;
    }

    /** Boots in this way, and starts an enclave, which measures its keys. */
    void boot(HostVariant variant) throws Exception {
      running.reboot(RealBoots.of(variant));
      enclave = newEnclave();
      running.measureEnclave(Bytes.of(enclave.id().bytes()));
    }

    RunningHost running() {
      return running;
    }

    private TpmAddress tpm() {
      return TpmAddress.parse(running.tpmPlace());
    }

    Path eventLog() {
      return running.booted().eventLogFile();
    }

    /** {@return what the certificate says, which the host has to get} */
    HealthClaims healthy() throws Exception {
      return attest().claims();
    }

    /** {@return codes of the findings, each once, for which the host has to be refused} */
    List<String> refused() throws Exception {
      try {
        HealthClaims claims = attest().claims();
        throw new AssertionError(name + " is healthy: " + claims);
      } catch (RefusedException refused) {
        return refused.problem().findings().stream()
            .map(ReportedFinding::code)
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .toList();
      }
    }

    private AttestReply attest() throws Exception {
      URI address = URI.create("https://127.0.0.1:" + port);
      Evidence evidence = new Evidence(eventLog(), running.booted().imaListFile());
      try (HgsClient client = HgsClient.of(address, folder.resolve("hgs/hgs.pem"))) {
        AttestReply reply = new Attester(tpm(), evidence).attest(client, enclave);
        assertThat(reply.host()).isEqualTo(name);
        return reply;
      }
    }
  }
}
