package org.shieldwall.hgs.testing;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import org.shieldwall.hgs.HgsConfig;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.HgsServer;
import org.shieldwall.hgs.HgsSetup;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.audit.AuditRecord;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.web.Route;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.tpm.Bytes;

/** A service in a folder of the test's, on a free port of this machine. */
public final class TestService implements AutoCloseable {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final HgsFolder folder;
  private final MovableClock clock = new MovableClock();
  private HgsServer server;
  private HgsClient client;

  private TestService(HgsFolder folder) throws Exception {
    this.folder = folder;
    this.server = start();
    this.client = connect();
  }

  public static TestService in(Path path) throws Exception {
    HgsFolder folder = new HgsFolder(path);
    new HgsSetup(java.time.InstantSource.system(), RANDOM)
        .create(folder, HgsSetup.Address.named("localhost"), Optional.empty(), Optional.empty());
    return new TestService(folder);
  }

  /** A service that asks for an IMA list and allows these files. */
  public static TestService allowingFiles(Path path, List<Bytes> digests) throws Exception {
    TestService service = in(path);
    Files.write(
        service.folder.path().resolve("ima.txt"),
        digests.stream().map(digest -> "sha256:" + digest.hex()).toList());
    service.policy(
        """
        name = "default"
        version = 2
        [checks.code-integrity]
        enabled = true
        allow = "ima.txt"
        """);
    return service;
  }

  /** Adds a policy, whose files are in the service's folder. */
  public void policy(String document) throws Exception {
    administer(admin ->
        admin
            .policies()
            .add(PolicyReader.read("test policy", document, PolicyFiles.in(folder.path())), false));
  }

  private HgsServer start() throws Exception {
    HgsConfig config = folder.readConfiguration().listeningOn("127.0.0.1", 0);
    Unlock unlock = new Unlock.KeyFile(config.keyFile().orElseThrow());
    return HgsServer.start(folder, config, unlock, clock, RANDOM);
  }

  private HgsClient connect() throws Exception {
    return HgsClient.of(server.url(), folder.certificate());
  }

  public void restart() throws Exception {
    client.close();
    server.close();
    server = start();
    client = connect();
  }

  public HgsClient client() {
    return client;
  }

  /** {@return everything that can be asked of it} */
  public List<Route> routes() {
    return server.routes();
  }

  public URI url() {
    return server.url();
  }

  public MovableClock clock() {
    return clock;
  }

  public HgsFolder folder() {
    return folder;
  }

  public Guardian guardian() throws Exception {
    return Guardian.parse(Files.readAllBytes(folder.guardian()));
  }

  /** What an administrator's command does. */
  public interface Change<T> {
    T by(Administration administration) throws Exception;
  }

  public <T> T administer(Change<T> change) throws Exception {
    try (Database database = folder.openDatabase()) {
      return change.by(new Administration(database, clock));
    }
  }

  public List<AuditRecord> audit() throws Exception {
    return administer(administration -> administration.auditRecords(1000));
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
