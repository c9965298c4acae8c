package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;

/** Plain commands, against a real swtpm. */
class TpmCommandsTest {
  private static TestTpm swtpm;
  private Tpm tpm;

  @BeforeAll
  static void start() throws Exception {
    swtpm = TestTpm.start();
  }

  @AfterAll
  static void stop() throws Exception {
    if (swtpm != null) {
      swtpm.close();
    }
  }

  @BeforeEach
  void connect() throws Exception {
    tpm = swtpm.connect();
  }

  @AfterEach
  void close() throws Exception {
    tpm.close();
  }

  @Test
  void givenAStartedTpmThenItTestsItselfAndGivesRandomBytes() throws Exception {
    tpm.selfTest(true);
    assertThat(tpm.random(32)).hasSize(32).isNotEqualTo(tpm.random(32));
  }

  @Test
  void givenAStartedTpmThenStartingItAgainDoesNothing() throws Exception {
    tpm.startup(Tpm.StartupType.CLEAR);
    assertThat(tpm.clock().clock().safe()).isTrue();
  }

  @Test
  void givenATpmThenItSaysWhatItCanDo() throws Exception {
    assertThat(tpm.capabilities().manufacturer()).isEqualTo("IBM");
    assertThat(tpm.capabilities().algorithms())
        .contains(TpmAlgorithm.RSA, TpmAlgorithm.ECC, TpmAlgorithm.ECDSA, TpmAlgorithm.SHA256);
    assertThat(tpm.capabilities().pcrs().bank(TpmHash.SHA256).orElseThrow().pcrs()).hasSize(24);
    assertThat(tpm.capabilities().properties()).containsKey(0x100).containsKey(0x200);
    assertThat(tpm.capabilities().handles(Capabilities.TRANSIENT)).isEmpty();
  }

  @Test
  void givenEveryBankWhenReadingAllPcrsThenTheyComeInOneAnswer() throws Exception {
    PcrValues values =
        tpm.pcrs()
            .read(PcrSelection.all(TpmHash.SHA1, TpmHash.SHA256, TpmHash.SHA384, TpmHash.SHA512));
    assertThat(values.banks()).hasSize(4);
    assertThat(values.banks().values()).allSatisfy(bank -> assertThat(bank).hasSize(24));
    assertThat(values.value(TpmHash.SHA384, 17)).contains(Bytes.ofHex("ff".repeat(48)));
  }

  @Test
  void givenTwoBanksWhenAPcrIsExtendedThenBothHoldTheReplayedValue() throws Exception {
    Bytes sha1 = TpmHash.SHA1.hash(Bytes.ofText("event"));
    Bytes sha256 = TpmHash.SHA256.hash(Bytes.ofText("event"));
    PcrSelection pcr15 = PcrSelection.of(TpmHash.SHA1, 15).and(TpmHash.SHA256, 15);
    PcrValues before = tpm.pcrs().read(pcr15);

    tpm.pcrs().extend(15, Map.of(TpmHash.SHA1, sha1, TpmHash.SHA256, sha256));

    PcrValues after = tpm.pcrs().read(pcr15);
    assertThat(after.value(TpmHash.SHA1, 15))
        .contains(TpmHash.SHA1.extend(before.value(TpmHash.SHA1, 15).orElseThrow(), sha1));
    assertThat(after.value(TpmHash.SHA256, 15))
        .contains(TpmHash.SHA256.extend(before.value(TpmHash.SHA256, 15).orElseThrow(), sha256));
  }

  @Test
  void givenDataInNvMemoryThenItIsReadBackWhole() throws Exception {
    byte[] certificate = new byte[1500];
    new java.util.Random(7).nextBytes(certificate);
    tpm.nv().store(NvIndex.EK_CERTIFICATE_P256, Bytes.of(certificate), Authorization.none());

    assertThat(tpm.nv().read(NvIndex.EK_CERTIFICATE_P256)).isEqualTo(Bytes.of(certificate));
    assertThat(tpm.capabilities().handles(Capabilities.NV)).contains(NvIndex.EK_CERTIFICATE_P256);

    assertThatThrownBy(() -> tpm.nv().read(NvIndex.EK_CERTIFICATE_RSA2048))
        .isInstanceOfSatisfying(
            TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.HANDLE));

    tpm.nv().remove(NvIndex.EK_CERTIFICATE_P256, Authorization.none());
    assertThat(tpm.capabilities().handles(Capabilities.NV)).isEmpty();
  }
}
