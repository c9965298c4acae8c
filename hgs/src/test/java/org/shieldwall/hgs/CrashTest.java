package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.audit.AuditRecord;
import org.shieldwall.hgs.audit.ChainCheck;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.ServiceProcess;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;

/** The service is killed without warning; what it has answered it still knows. */
@Timeout(180)
class CrashTest {
  @TempDir private Path temporary;

  private HgsFolder setUp(TestHost host, BootLog boot) throws Exception {
    HgsFolder folder = new HgsFolder(temporary.resolve("hgs"));
    new HgsSetup(InstantSource.system(), new SecureRandom())
        .create(folder, HgsSetup.Address.named("localhost"), Optional.empty(), Optional.empty());
    try (Database database = folder.openDatabase()) {
      Administration admin = new Administration(database, InstantSource.system());
      admin.addHost(host.identity());
      admin.addBaseline(boot.baseline("accepted"));
    }
    return folder;
  }

  private static HgsClient client(HgsFolder folder, ServiceProcess process) throws Exception {
    return HgsClient.of(URI.create("https://127.0.0.1:" + process.port()), folder.certificate());
  }

  @Test
  void givenReleases_whenTheServiceIsKilledBetweenThem_thenNoneIsLost() throws Exception {
    BootLog boot = BootLog.of("standard");
    try (TestHost host = TestHost.boot("host-a", boot)) {
      HgsFolder folder = setUp(host, boot);
      TestOwner owner = new TestOwner();
      KeyProtector data;
      KeyProtector first;
      Bytes certificate;
      try (ServiceProcess process = ServiceProcess.start(folder.path());
          HgsClient client = client(folder, process)) {
        certificate = host.attest(client).certificate();
        data = owner.shieldingData(client.guardian(), OwnerPolicy.shielded());
        first = TestOwner.release(client, certificate, data, host.enclave());
        process.kill();
      }
      KeyProtector second;
      try (ServiceProcess process = ServiceProcess.start(folder.path());
          HgsClient client = client(folder, process)) {
        second = TestOwner.release(client, certificate, first, host.enclave());
        KeyProtector third = TestOwner.release(client, certificate, second, host.enclave());
        assertThat(third.generation()).isEqualTo(3);
        RefusedException refused =
            catchThrowableOfType(
                RefusedException.class,
                () -> TestOwner.release(client, certificate, first, host.enclave()));
        assertThat(refused.problem().status()).isEqualTo(409);
        assertThat(process.terminate()).isTrue();
      }
      requireRecorded(folder, Map.of(1, data, 2, first, 3, second));
    }
  }

  @Test
  void givenReleasesAtWork_whenTheServiceIsKilled_thenEveryAnsweredOneIsOnRecord()
      throws Exception {
    BootLog boot = BootLog.of("standard");
    try (TestHost host = TestHost.boot("host-a", boot)) {
      HgsFolder folder = setUp(host, boot);
      TestOwner owner = new TestOwner();
      Map<Integer, KeyProtector> last = new ConcurrentHashMap<>();
      Map<Integer, KeyProtector> asked = new ConcurrentHashMap<>();
      Bytes certificate;
      try (ServiceProcess process = ServiceProcess.start(folder.path());
          HgsClient client = client(folder, process)) {
        certificate = host.attest(client).certificate();
        KeyProtector data = owner.shieldingData(client.guardian(), OwnerPolicy.shielded());
        AtomicInteger answered = new AtomicInteger();
        try (ExecutorService vms = Executors.newVirtualThreadPerTaskExecutor()) {
          for (int vm = 0; vm < 4; vm++) {
            int number = vm;
            vms.execute(() ->
                runUntilTheEnd(client, certificate, host, data, number, asked, last, answered));
          }
          while (answered.get() < 20) {
            Thread.onSpinWait();
          }
          process.kill();
        }
      }
      requireRecorded(folder, asked);
      try (ServiceProcess process = ServiceProcess.start(folder.path());
          HgsClient client = client(folder, process)) {
        for (KeyProtector newest : last.values()) {
          startsOrWasReplaced(client, certificate, host, newest, asked);
        }
      }
    }
  }

  @Test
  void givenAFullDisk_whenKeysAreAskedFor_thenNoneAreGivenAndNothingIsLost() throws Exception {
    BootLog boot = BootLog.of("standard");
    try (TestHost host = TestHost.boot("host-a", boot)) {
      HgsFolder folder = setUp(host, boot);
      TestOwner owner = new TestOwner();
      KeyProtector current;
      KeyProtector presented;
      Bytes certificate;
      try (ServiceProcess process = ServiceProcess.start(folder.path());
          HgsClient client = client(folder, process)) {
        certificate = host.attest(client).certificate();
        current = owner.shieldingData(client.guardian(), OwnerPolicy.shielded());
        presented = current;
        process.fillDisk(300 << 10);
        Optional<RefusedException> refused = Optional.empty();
        for (int i = 0; i < 2000 && refused.isEmpty(); i++) {
          try {
            presented = current;
            current = TestOwner.release(client, certificate, current, host.enclave());
          } catch (RefusedException full) {
            refused = Optional.of(full);
          }
        }
        assertThat(refused.orElseThrow().problem().status()).isEqualTo(503);
        assertThat(refused.orElseThrow().problem().detail())
            .doesNotContain(folder.path().toString());
        RefusedException health = catchThrowableOfType(RefusedException.class, client::health);
        assertThat(health.problem().status()).isEqualTo(503);
      }
      assertThat(current).isEqualTo(presented);
      try (ServiceProcess process = ServiceProcess.start(folder.path());
          HgsClient client = client(folder, process)) {
        client.health();
        TestOwner.release(client, certificate, current, host.enclave());
      }
      requireRecorded(folder, Map.of(1, current));
    }
  }

  /** Starts one VM again and again, remembering what was presented and what was answered. */
  private static void runUntilTheEnd(
      HgsClient client,
      Bytes certificate,
      TestHost host,
      KeyProtector data,
      int number,
      Map<Integer, KeyProtector> asked,
      Map<Integer, KeyProtector> last,
      AtomicInteger answered) {
    KeyProtector current = data;
    try {
      while (true) {
        KeyProtector next = TestOwner.release(client, certificate, current, host.enclave());
        asked.put(number, current);
        last.put(number, next);
        answered.incrementAndGet();
        current = next;
      }
    } catch (Exception e) {
      // The service has been killed: the end that the test waits for.
      return;
    }
  }

  /**
   * The newest protector that was answered starts. It may have been presented, and the answer to
   * that lost with the service: then it is the committed one, and starts as well.
   */
  private static void startsOrWasReplaced(
      HgsClient client,
      Bytes certificate,
      TestHost host,
      KeyProtector newest,
      Map<Integer, KeyProtector> asked)
      throws Exception {
    KeyProtector next = TestOwner.release(client, certificate, newest, host.enclave());
    assertThat(next.generation()).isEqualTo(newest.generation() + 1);
    for (KeyProtector older : asked.values()) {
      if (older.vm().equals(newest.vm())) {
        RefusedException refused =
            catchThrowableOfType(
                RefusedException.class,
                () -> TestOwner.release(client, certificate, older, host.enclave()));
        assertThat(refused.problem().status()).isEqualTo(409);
      }
    }
  }

  /** That each protector presented, and answered, has a record, in a chain that holds. */
  private static void requireRecorded(HgsFolder folder, Map<Integer, KeyProtector> presented)
      throws Exception {
    try (Database database = folder.openDatabase()) {
      Administration admin = new Administration(database, InstantSource.system());
      ChainCheck check = admin.verifyAudit(Optional.empty());
      assertThat(check).isInstanceOf(ChainCheck.Intact.class);
      String releases =
          admin.auditRecords(100_000).stream()
              .filter(record -> record.kind().equals("released"))
              .map(AuditRecord::detail)
              .toList()
              .toString();
      for (KeyProtector protector : presented.values()) {
        assertThat(releases).contains("\"protector\":\"" + protector.digest().text() + "\"");
      }
    }
  }
}
