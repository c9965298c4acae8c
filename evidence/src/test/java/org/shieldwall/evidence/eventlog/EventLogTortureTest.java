package org.shieldwall.evidence.eventlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.evidence.LogBuilder;
import org.shieldwall.evidence.Vectors;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * Logs that are cut, altered, padded or made to exhaust a parser: each gives facts, or {@link
 * MalformedException} and nothing else.
 */
class EventLogTortureTest {
  private static final long SEED = 0x5eed_0020L;

  record Subject(String name, Bytes log) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A log in each format, with events of many types. */
  static Stream<Subject> subjects() {
    Bytes agile =
        LogBuilder.boot()
            .measured(
                12, EventType.EVENT_TAG, Bytes.ofHex("010001400c00000003000500040000000a000000"))
            .measured(11, EventType.COMPACT_HASH, Bytes.ofHex("10000000"))
            .log();
    return Stream.of(
        new Subject("crypto-agile", agile),
        new Subject("without header", agile.slice(65, agile.length())),
        new Subject("sha1", sha1Log()));
  }

  private static Bytes sha1Log() {
    ByteWriter out = new ByteWriter();
    for (Bytes data : List.of(Bytes.ofText("StartupLocality\0\3"), Bytes.zeros(4))) {
      out.u32(0).u32(data.length() == 4 ? 0x04000000L : 0x03000000L);
      out.bytes(data.length() == 4 ? TpmHash.SHA1.hash(data) : Bytes.zeros(20));
      out.u8(data.length()).u8(0).u16(0).bytes(data);
    }
    return out.toBytes();
  }

  private static void read(byte[] bytes) throws MalformedException {
    UntrustedEventLog log = UntrustedEventLog.parse(bytes, LogLimits.DEFAULT);
    for (TpmHash bank : log.banks()) {
      Replay.replay(log, bank);
      BootFacts.draw(log, bank);
    }
  }

  private static void tolerate(byte[] bytes) {
    try {
      read(bytes);
    } catch (MalformedException e) {
      assertThat(e.offset()).isBetween(0L, (long) bytes.length);
      assertThat(e).hasMessageContaining("expected");
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void givenAGoodLogThenItIsRead(Subject subject) throws MalformedException {
    read(subject.log().toArray());
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void givenALogCutAnywhereThenItIsMalformedOrEndsBetweenEvents(Subject subject)
      throws MalformedException {
    byte[] good = subject.log().toArray();
    int events = UntrustedEventLog.parse(good, LogLimits.DEFAULT).events().size();
    int whole = 0;
    for (int length = 1; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      try {
        read(cut);
        whole++;
      } catch (MalformedException e) {
        assertThat(e.offset()).isBetween(0L, (long) length);
      }
    }
    // Between two events a log may end; a few bytes of zero behind one are taken for padding.
    assertThat(whole).isBetween(events - 2, 16 * events);
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void givenAnyByteChangedThenOnlyMalformedIsThrown(Subject subject) {
    Random random = new Random(SEED);
    for (int at = 0; at < subject.log().length(); at++) {
      for (int change : new int[] {1, 0x80, 0xFF, 1 + random.nextInt(255)}) {
        byte[] altered = subject.log().toArray();
        altered[at] ^= (byte) change;
        tolerate(altered);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void givenNoiseThenOnlyMalformedIsThrown(Subject subject) {
    Random random = new Random(SEED);
    for (int round = 0; round < 3_000; round++) {
      byte[] noise = new byte[random.nextInt(600)];
      random.nextBytes(noise);
      int keep = Math.min(noise.length, random.nextInt(subject.log().length()));
      System.arraycopy(subject.log().toArray(), 0, noise, 0, keep);
      tolerate(noise);
    }
  }

  @Test
  void givenEveryLengthInAGenuineLogSetToItsMaximumThenNothingOfThatSizeIsAllocated() {
    byte[] good = Vectors.bytes("bench/eventlog.bin");
    for (int at = 0; at + 4 <= good.length; at += 29) {
      byte[] altered = good.clone();
      Arrays.fill(altered, at, at + 4, (byte) 0x7F);
      tolerate(altered);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x00, 0xFF})
  void givenTheUnusedEndOfTheLogAreaThenItIsPadding(int fill) throws MalformedException {
    Bytes log = LogBuilder.boot().log();
    byte[] padded = Arrays.copyOf(log.toArray(), log.length() + 1000);
    Arrays.fill(padded, log.length(), padded.length, (byte) fill);
    UntrustedEventLog parsed = UntrustedEventLog.parse(padded, LogLimits.DEFAULT);
    assertThat(parsed.padding()).isEqualTo(1000);
    assertThat(parsed.events())
        .isEqualTo(UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT).events());
  }

  @Test
  void givenALogPastItsLimitsThenItIsRefused() {
    byte[] log = LogBuilder.boot().log().toArray();
    assertThatThrownBy(() -> UntrustedEventLog.parse(log, new LogLimits(100, 10)))
        .hasMessageContaining("at most 100 bytes");
    assertThatThrownBy(() -> UntrustedEventLog.parse(log, new LogLimits(1 << 20, 5)))
        .hasMessageContaining("at most 5 events");
  }

  @Test
  void givenAnEventWithoutADigestOfABankThenThatBankIsNotReplayed() throws MalformedException {
    ByteWriter out = new ByteWriter();
    Bytes header =
        Bytes.concat(
            Bytes.ofText("Spec ID Event03\0"),
            Bytes.ofHex("0000000000020002" + "02000000" + "04001400" + "0b002000" + "00"));
    out.u32(0).u32(0x03000000L).bytes(Bytes.zeros(20)).u8(header.length()).u8(0).u16(0);
    out.bytes(header);
    // One digest, of SHA-256, where the header announces two.
    out.u32(0).u32(0x04000000L).u32(0x01000000L).u16(0x0B00);
    out.bytes(TpmHash.SHA256.hash(Bytes.zeros(4))).u32(0x04000000L).bytes(Bytes.zeros(4));
    UntrustedEventLog log = UntrustedEventLog.parse(out.toByteArray(), LogLimits.DEFAULT);
    assertThat(log.algorithms()).containsExactly(TpmHash.SHA1, TpmHash.SHA256);
    assertThat(log.banks()).containsExactly(TpmHash.SHA256);
    assertThat(BootFacts.draw(log, TpmHash.SHA256).problems())
        .extracting(LogProblem::code)
        .containsExactly(LogProblem.Code.BANK_INCOMPLETE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 4})
  void givenAStartupLocalityThenItIsPcr0sFirstValue(int locality) throws MalformedException {
    LogBuilder log = new LogBuilder();
    log.extended(
        0,
        EventType.NO_ACTION,
        Bytes.zeros(32),
        Bytes.ofText("StartupLocality\0" + (char) locality));
    UntrustedEventLog parsed = UntrustedEventLog.parse(log.log().toArray(), LogLimits.DEFAULT);
    assertThat(Replay.replay(parsed, TpmHash.SHA256).value(TpmHash.SHA256, 0))
        .contains(Bytes.ofHex("00".repeat(31) + "0" + locality));
  }

  @Test
  void givenAnotherLocalityThenItIsMalformed() throws MalformedException {
    LogBuilder log = new LogBuilder();
    log.extended(0, EventType.NO_ACTION, Bytes.zeros(32), Bytes.ofText("StartupLocality\0\7"));
    UntrustedEventLog parsed = UntrustedEventLog.parse(log.log().toArray(), LogLimits.DEFAULT);
    assertThatThrownBy(() -> Replay.replay(parsed, TpmHash.SHA256))
        .isInstanceOf(MalformedException.class);
  }

  @Test
  void givenAHardwareRootOfTrustThenPcr0StartsAtFour() throws MalformedException {
    LogBuilder log = new LogBuilder().measured(0, EventType.EFI_HCRTM_EVENT, Bytes.ofText("HCRTM"));
    UntrustedEventLog parsed = UntrustedEventLog.parse(log.log().toArray(), LogLimits.DEFAULT);
    Bytes start = Bytes.ofHex("00".repeat(31) + "04");
    assertThat(Replay.replay(parsed, TpmHash.SHA256).value(TpmHash.SHA256, 0))
        .contains(TpmHash.SHA256.extend(start, TpmHash.SHA256.hash(Bytes.ofText("HCRTM"))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sipa_oversized_lma_header.eventdata.bin",
        "sipa_oversized_elam_header.eventdata.bin",
        "sipa_nested_elam_100.eventdata.bin"
      })
  void givenATaggedEventThatLeadsOutsideItselfThenItIsAProblemWithItsOffset(String name)
      throws MalformedException {
    Bytes data = Bytes.of(Vectors.bytes("eventlogs/malformed/" + name));
    assertThatThrownBy(() -> TaggedEvent.parse(data, 0)).isInstanceOf(MalformedException.class);
    Bytes log = new LogBuilder().measured(12, EventType.EVENT_TAG, data).log();
    UntrustedEventLog parsed = UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT);
    List<LogProblem> problems = new ArrayList<>(BootFacts.draw(parsed, TpmHash.SHA256).problems());
    assertThat(problems)
        .extracting(LogProblem::code)
        .containsExactly(LogProblem.Code.TAGGED_EVENT_MALFORMED);
    assertThat(problems.getFirst().offset()).isGreaterThan(65);
  }

  @Test
  void givenADatabaseOfAMillionTinySignaturesThenTheyAreNotAllShown() throws MalformedException {
    int count = 900_000;
    ByteWriter list = new ByteWriter();
    list.bytes(Bytes.ofHex("2616c4c14c509240aca941f936934328"));
    for (int number : new int[] {28 + 17 * count, 0, 17}) {
      list.u8(number).u8(number >>> 8).u8(number >>> 16).u8(number >>> 24);
    }
    list.bytes(new byte[17 * count]);
    LogBuilder log = new LogBuilder();
    log.variable(7, EfiVariable.SECURITY_DATABASE, "dbx", list.toBytes());
    UntrustedEventLog parsed = UntrustedEventLog.parse(log.log().toArray(), LogLimits.DEFAULT);
    BootFacts facts = BootFacts.draw(parsed, TpmHash.SHA256);
    assertThat(facts.variables("dbx")).hasSize(1);
    assertThat(facts.variables("dbx").getFirst().entries()).isEmpty();
  }

  @Test
  void givenTaggedEventsWithoutEndThenTheyAreRefused() {
    assertThatThrownBy(() -> TaggedEvent.parse(Bytes.zeros(8 * 20_000), 0))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("at most");
  }
}
