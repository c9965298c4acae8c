package org.shieldwall.enclave.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MacAddressTest {
  @Test
  void givenAVmThenItsAddressIsAlwaysTheSame() {
    // The first six bytes of SHA-256 of 16 zeros are 37 47 08 ff f7 71.
    assertThat(MacAddress.of(new UUID(0, 0)).text()).isEqualTo("36:47:08:ff:f7:71");
    assertThat(MacAddress.of(new UUID(0, 0)).bytes())
        .containsExactly(0x36, 0x47, 0x08, 0xFF, 0xF7, 0x71);
  }

  @Test
  void givenManyVmsThenEachHasAnotherUnicastLocallyAdministeredAddress() {
    Random random = new Random(7);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      MacAddress mac = MacAddress.of(new UUID(random.nextLong(), random.nextLong()));
      assertThat(mac.text()).matches("([0-9a-f]{2}:){5}[0-9a-f]{2}");
      assertThat(mac.bytes()[0] & 3).isEqualTo(2);
      assertThat(seen.add(mac.text())).isTrue();
    }
  }
}
