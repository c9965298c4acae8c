package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrSelection.Bank;
import org.shieldwall.tpm.TpmHash;

class PcrBanksTest {
  @Test
  void givenAllBanksWhenOneIsKeptThenItAloneIsInUseFromTheNextPowerOn() throws Exception {
    try (TestTpm swtpm = TestTpm.start()) {
      try (Tpm tpm = swtpm.connect()) {
        assertThat(used(tpm)).isGreaterThan(1);
        tpm.pcrs().keepOnly(TpmHash.SHA256);
      }
      swtpm.powerCycle();
      try (Tpm tpm = swtpm.connect()) {
        assertThat(used(tpm)).isEqualTo(1);
        PcrSelection pcr7 = PcrSelection.of(TpmHash.SHA256, 7).and(TpmHash.SHA1, 7);
        assertThat(tpm.pcrs().read(pcr7).value(TpmHash.SHA256, 7)).isPresent();
        assertThat(tpm.pcrs().read(pcr7).value(TpmHash.SHA1, 7)).isEmpty();
      }
    }
  }

  private static long used(Tpm tpm) throws TpmException {
    return tpm.capabilities().pcrs().banks().stream().map(Bank::mask).filter(m -> m != 0).count();
  }

  @Test
  void givenABankThatTheTpmLacksWhenKeptThenItIsRefusedAndAllStayInUse() throws Exception {
    try (TestTpm swtpm = TestTpm.start();
        Tpm tpm = swtpm.connect()) {
      long before = used(tpm);
      assertThatThrownBy(() -> tpm.pcrs().keepOnly(TpmHash.SM3_256))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(used(tpm)).isEqualTo(before);
    }
  }
}
