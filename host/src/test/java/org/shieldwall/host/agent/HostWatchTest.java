package org.shieldwall.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.host.agent.HostWatch.Seen;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/** What the agent sees of its host between two attestations. */
class HostWatchTest {
  private static final Instant START = Instant.EPOCH;
  private static final Duration MINUTE = Duration.ofSeconds(60);
  private static final TpmSight STILL = new TpmSight(3, 0, new TreeMap<>());

  @TempDir Path folder;
  private long awakeNanos = 77_000_000_000L;
  private TpmSight tpm = STILL;

  @BeforeEach
  void prepare() throws Exception {
    files("100");
    uptime("1000.00");
  }

  private void files(String count) throws IOException {
    Files.writeString(folder.resolve("count"), count + "\n");
  }

  private void uptime(String seconds) throws IOException {
    Files.writeString(folder.resolve("uptime"), seconds + " 3999.12\n");
  }

  private HostWatch watch(HostWatch.TpmLook look) {
    HostWatch watch =
        new HostWatch(
            folder.resolve("count"), folder.resolve("uptime"), () -> awakeNanos, look, MINUTE);
    watch.mark(START);
    return watch;
  }

  private static Instant at(long seconds) {
    return START.plusSeconds(seconds);
  }

  @Test
  void givenAHostOnWhichNothingHappensThenNothingIsSeen() throws Exception {
    HostWatch watch = watch(() -> tpm);
    for (int second = 1; second < 200; second++) {
      awakeNanos += 1_000_000_000L;
      uptime((1000 + second) + ".01");
      assertThat(watch.look(at(second), true)).isEmpty();
    }
  }

  @Test
  void givenMoreFilesMeasuredThenItIsSeenOnceAndOnlyWhereTheServiceAsks() throws Exception {
    HostWatch watch = watch(() -> tpm);
    files("103");
    assertThat(watch.look(at(1), false)).isEmpty();
    assertThat(watch.look(at(2), true))
        .contains(new Seen(AttestationCause.FILES_MEASURED, "103 entries, were 100"));
    assertThat(watch.look(at(3), true)).isEmpty();
  }

  @Test
  void givenFilesMeasuredWhileTheHostAttestedThenTheyAreSeenAfterwards() throws Exception {
    HostWatch watch = watch(() -> tpm);
    files("101");
    watch.mark(at(1));
    files("102");
    assertThat(watch.look(at(2), true))
        .contains(new Seen(AttestationCause.FILES_MEASURED, "102 entries, were 101"));
  }

  @Test
  void givenAMachineThatSleptThenItIsSeen() throws Exception {
    HostWatch watch = watch(() -> tpm);
    awakeNanos += 5_000_000_000L;
    uptime("1065.00");
    assertThat(watch.look(at(5), false))
        .contains(new Seen(AttestationCause.RESUMED, "for 60 seconds"));
    assertThat(watch.look(at(6), false)).isEmpty();
  }

  @Test
  void givenATpmThatWasResetOrResumedThenItIsSeenWithinAMinute() {
    HostWatch watch = watch(() -> tpm);
    tpm = new TpmSight(3, 1, new TreeMap<>());
    assertThat(watch.look(at(59), false)).isEmpty();
    assertThat(watch.look(at(60), false))
        .contains(
            new Seen(
                AttestationCause.TPM_RESTARTED, "reset count 3, was 3; restart count 1, was 0"));
    assertThat(watch.look(at(120), false)).isEmpty();
    tpm = new TpmSight(4, 0, new TreeMap<>());
    assertThat(watch.look(at(180), false).map(Seen::cause))
        .contains(AttestationCause.TPM_RESTARTED);
  }

  @Test
  void givenATpmThatDoesNotAnswerForAWhileThenTheChangeIsSeenWhenItDoes() {
    boolean[] busy = {false};
    HostWatch watch =
        watch(() -> {
          if (busy[0]) {
            throw new IOException("busy");
          }
          return tpm;
        });
    busy[0] = true;
    tpm = new TpmSight(4, 0, new TreeMap<>());
    assertThat(watch.look(at(60), false)).isEmpty();
    busy[0] = false;
    assertThat(watch.look(at(120), false).map(Seen::cause))
        .contains(AttestationCause.TPM_RESTARTED);
  }

  @Test
  void givenAKernelWithoutImaAndNoProcThenNothingIsSeenAndNothingFails() throws Exception {
    Files.delete(folder.resolve("count"));
    Files.delete(folder.resolve("uptime"));
    HostWatch watch = watch(() -> tpm);
    assertThat(watch.look(at(1), true)).isEmpty();
    files("5");
    uptime("9999.00");
    assertThat(watch.look(at(2), true)).as("there was nothing to compare with").isEmpty();
    files("no number");
    assertThat(watch.look(at(3), true)).isEmpty();
  }

  @Test
  void givenARealTpmWhenAPcrIsExtendedThenTheSightSaysWhichOne() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/swtpm")), "SKIPPED: needs the package swtpm");
    Path place = Files.createDirectory(folder.resolve("tpm"));
    try (SwtpmProcess swtpm = SwtpmProcess.start(SwtpmOptions.standalone(place, place))) {
      TpmAddress address = TpmAddress.parse("swtpm:" + swtpm.options().dataSocketPath());
      TpmSight before = TpmSight.of(address);
      assertThat(before.pcrs()).hasSize(15).doesNotContainKey(10);
      extend(swtpm, 10);
      assertThat(TpmSight.of(address).since(before)).isEmpty();
      extend(swtpm, 12);
      assertThat(TpmSight.of(address).since(before))
          .isEqualTo(Optional.of(new Seen(AttestationCause.PCR_CHANGED, "PCR 12 was extended")));
    }
  }

  private static void extend(SwtpmProcess swtpm, int pcr) throws Exception {
    try (Tpm open = swtpm.connect()) {
      open.pcrs().extend(pcr, Map.of(TpmHash.SHA256, Bytes.of(new byte[32])));
    }
  }
}
