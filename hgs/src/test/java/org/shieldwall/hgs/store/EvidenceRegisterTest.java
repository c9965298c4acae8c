package org.shieldwall.hgs.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.tpm.Bytes;

class EvidenceRegisterTest {
  @TempDir private Path folder;
  private Database database;

  @BeforeEach
  void create() throws Exception {
    database = Database.create(folder.resolve("hgs.db"));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static StoredEvidence evidence(
      String host, String quote, Bytes log, Optional<Bytes> ima, long from) {
    TreeMap<Integer, Bytes> pcrs = new TreeMap<>();
    pcrs.put(0, Bytes.ofHex("11".repeat(32)));
    pcrs.put(15, Bytes.ofHex("22".repeat(32)));
    return new StoredEvidence(
        host,
        Bytes.ofText("ak"),
        Bytes.ofText(quote),
        Bytes.ofText("signature"),
        pcrs,
        Optional.of("lockdown=confidentiality"),
        Bytes.ofText("extra"),
        Bytes.ofText("enclave"),
        Optional.of(log),
        ima,
        from);
  }

  private void keep(StoredEvidence evidence) {
    EvidenceRegister.Prepared prepared =
        database.read(reading -> EvidenceRegister.prepare(reading, evidence));
    database.write(writing -> {
      EvidenceRegister.keep(writing, prepared);
      return true;
    });
  }

  private StoredEvidence found(String host) {
    return database.read(reading -> EvidenceRegister.of(reading, host)).orElseThrow().evidence();
  }

  private long count(String table) {
    return database.read(
        reading -> reading.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one());
  }

  /** A binary list in the kernel's form, template ima-ng. */
  private static Bytes ima(int from, int to) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = from; i < to; i++) {
      byte[] name = ("/usr/bin/program-" + i + "\0").getBytes(StandardCharsets.UTF_8);
      byte[] hash = "sha256:\0".getBytes(StandardCharsets.US_ASCII);
      int data = 4 + hash.length + 32 + 4 + name.length;
      ByteBuffer entry =
          ByteBuffer.allocate(4 + 20 + 4 + 6 + 4 + data).order(ByteOrder.LITTLE_ENDIAN);
      entry
          .putInt(10)
          .put(new byte[20])
          .putInt(6)
          .put("ima-ng".getBytes(StandardCharsets.US_ASCII));
      entry.putInt(data).putInt(hash.length + 32).put(hash).put(new byte[32]);
      entry.putInt(name.length).put(name);
      out.writeBytes(entry.array());
    }
    return Bytes.of(out.toByteArray());
  }

  private static Bytes log(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return Bytes.of(bytes);
  }

  @Test
  void givenEvidence_whenKept_thenItIsFoundAsItWas() {
    StoredEvidence sent = evidence("a", "quote", log(5000), Optional.of(ima(0, 10)), 0);
    keep(sent);
    assertThat(found("a")).isEqualTo(sent);
    Optional<EvidenceRegister.Found> other =
        database.read(reading -> EvidenceRegister.of(reading, "b"));
    assertThat(other).isEmpty();
  }

  @Test
  void givenTwoHostsOfOneBoot_whenKept_thenTheirLogIsKeptOnceAndGoesWithTheLast() {
    keep(evidence("a", "1", log(5000), Optional.empty(), 0));
    keep(evidence("b", "2", log(5000), Optional.empty(), 0));
    assertThat(count("piece")).isEqualTo(1);
    keep(evidence("a", "3", log(6000), Optional.empty(), 0));
    assertThat(count("piece")).isEqualTo(2);
    keep(evidence("b", "4", log(6000), Optional.empty(), 0));
    assertThat(count("piece")).isEqualTo(1);
    assertThat(found("b").eventLog()).contains(log(6000));
    for (String host : List.of("a", "b")) {
      database.write(writing -> {
        EvidenceRegister.forget(writing, host);
        return true;
      });
    }
    assertThat(count("piece")).isZero();
    assertThat(count("last_evidence")).isZero();
  }

  @Test
  void givenAHostThatAttestsAgain_whenNothingLargeChanged_thenOnlyItsSmallRowIsWritten() {
    keep(evidence("a", "1", log(5000), Optional.of(ima(0, 500)), 0));
    long before = rowIds("piece") + rowIds("evidence_ima");
    keep(evidence("a", "2", log(5000), Optional.of(ima(0, 500)), 0));
    keep(evidence("a", "3", log(5000), Optional.of(Bytes.EMPTY), 500));
    assertThat(rowIds("piece") + rowIds("evidence_ima")).isEqualTo(before);
    assertThat(found("a").quote()).isEqualTo(Bytes.ofText("3"));
    assertThat(found("a").ima()).contains(ima(0, 500));
  }

  private long rowIds(String table) {
    return database.read(
        reading -> reading.createQuery("SELECT SUM(rowid) FROM " + table).mapTo(Long.class).one());
  }

  @Test
  void givenAListThatGrows_whenOnlyWhatIsNewIsSent_thenTheWholeListIsFound() {
    keep(evidence("a", "1", log(100), Optional.of(ima(0, 105)), 0));
    // The quote covered 100 of the 105: the next part begins there.
    for (int from = 100; from < 150; from++) {
      keep(evidence("a", "q" + from, log(100), Optional.of(ima(from, from + 2)), from));
    }
    assertThat(found("a").ima()).contains(ima(0, 151));
    assertThat(count("evidence_ima")).as("parts are made one in time").isLessThan(40);
    keep(evidence("a", "2", log(100), Optional.of(ima(0, 3)), 0));
    assertThat(found("a").ima()).as("after a reboot").contains(ima(0, 3));
  }

  @Test
  void givenMoreThanIsKept_whenSent_thenItIsDroppedAndSaidToBe() {
    keep(evidence("a", "1", log(3 << 20), Optional.of(log(3 << 20)), 0));
    EvidenceRegister.Found found =
        database.read(reading -> EvidenceRegister.of(reading, "a")).orElseThrow();
    assertThat(found.dropped()).containsExactly("event-log", "ima");
    assertThat(found.evidence().eventLog()).isEmpty();
    assertThat(found.evidence().ima()).isEmpty();
    keep(evidence("a", "2", log(100), Optional.of(ima(7, 8)), 7));
    assertThat(database.read(reading -> EvidenceRegister.of(reading, "a")).orElseThrow().dropped())
        .as("what came before was dropped, so what comes after it is no list")
        .containsExactly("ima");
  }

  @Test
  void givenManyHostsAtOnce_whenTheyTurnFromOneBootToAnother_thenNoLogIsMissingOrLeftOver()
      throws Exception {
    List<String> hosts = IntStream.range(0, 8).mapToObj(each -> "host-" + each).toList();
    try (ExecutorService workers = Executors.newFixedThreadPool(8)) {
      List<Callable<Boolean>> work = new ArrayList<>();
      for (String host : hosts) {
        work.add(() -> {
          for (int round = 0; round < 20; round++) {
            keep(evidence(host, "q", log(1000 + round % 3), Optional.empty(), 0));
          }
          return true;
        });
      }
      for (Future<Boolean> each : workers.invokeAll(work)) {
        assertThat(each.get()).isTrue();
      }
    }
    for (String host : hosts) {
      assertThat(found(host).eventLog()).contains(log(1001));
    }
    assertThat(count("piece")).isEqualTo(1);
  }
}
