package org.shieldwall.hgs.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.shieldwall.evidence.eventlog.LogReading;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

class RememberedLogsTest {
  private static Bytes log(String image) {
    return BootLog.of(image).toBytes();
  }

  @Test
  void givenALogSeenBefore_whenReadAgain_thenWhatItSaysIsWhatReadingAnewGives() throws Exception {
    RememberedLogs logs = new RememberedLogs();
    LogReading first = logs.read(log("standard"), TpmHash.SHA256);
    assertThat(logs.read(log("standard"), TpmHash.SHA256)).isSameAs(first);
    assertThat(first).isEqualTo(LogReading.Source.ANEW.read(log("standard"), TpmHash.SHA256));
  }

  @Test
  void givenALogThatDiffersInDigests_whenRead_thenItIsAnotherOne() throws Exception {
    RememberedLogs logs = new RememberedLogs();
    LogReading first = logs.read(log("standard"), TpmHash.SHA256);
    LogReading other = logs.read(log("updated"), TpmHash.SHA256);
    assertThat(other.boot().orElseThrow().pcrs()).isNotEqualTo(first.boot().orElseThrow().pcrs());
    assertThat(logs.count()).isEqualTo(2);
  }

  @Test
  void givenALogSeenInOneBank_whenAskedForAnother_thenNothingOfTheFirstIsAnswered()
      throws Exception {
    RememberedLogs logs = new RememberedLogs();
    assertThat(logs.read(log("standard"), TpmHash.SHA256).boot()).isPresent();
    assertThat(logs.read(log("standard"), TpmHash.SHA384).boot()).isEmpty();
  }

  @Test
  void givenMoreLogsThanThereIsRoomFor_whenRead_thenThoseLongestUnseenAreForgotten()
      throws Exception {
    int length = log("standard").length();
    RememberedLogs logs = new RememberedLogs(2 * length + 10);
    LogReading a = logs.read(log("standard"), TpmHash.SHA256);
    LogReading b = logs.read(log("updated"), TpmHash.SHA256);
    assertThat(logs.read(log("standard"), TpmHash.SHA256)).isSameAs(a);
    logs.read(log("open"), TpmHash.SHA256);
    assertThat(logs.count()).isEqualTo(2);
    assertThat(logs.read(log("standard"), TpmHash.SHA256)).isSameAs(a);
    assertThat(logs.read(log("updated"), TpmHash.SHA256)).isNotSameAs(b);
  }

  @Test
  void givenBytesThatAreNoLog_whenRead_thenTheyAreRefusedEachTimeAndNotRemembered() {
    RememberedLogs logs = new RememberedLogs();
    Bytes none = Bytes.ofText("this is no event log at all, however often it is sent");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> logs.read(none, TpmHash.SHA256))
          .isInstanceOf(MalformedException.class);
    }
    assertThat(logs.count()).isZero();
  }
}
