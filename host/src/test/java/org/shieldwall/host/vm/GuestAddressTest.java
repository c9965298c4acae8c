package org.shieldwall.host.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;

class GuestAddressTest {
  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.5", "192.168.255.1", "fd00::5", "2001:db8::1", "fe80::1"})
  void givenOneStationsAddressThenItIsOne(String text) {
    GuestAddress address = GuestAddress.parse(text).orElseThrow();
    assertThat(address.isIpv6()).isEqualTo(text.contains(":"));
    assertThat(GuestAddress.parse(address.toString())).contains(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "example.org",
        "0.0.0.0",
        "::",
        "127.0.0.1",
        "::1",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "fe80::1%eth0",
        "10.0.0.5/24",
        "10.0.0",
        "any",
        "10.0.0.5, 10.0.0.6"
      })
  void givenAnythingElseThenItIsNone(String text) {
    assertThat(GuestAddress.parse(text)).isEmpty();
  }

  private static GuestNetwork network(String text) throws ProtectorException {
    return GuestNetwork.fromJson(
        Json.parse(text.getBytes(StandardCharsets.UTF_8), "network", 1000));
  }

  @Test
  void givenADocumentThatSaysNothingOfAddressesThenItIsNotTaken() throws Exception {
    assertThat(network("{\"tap\":\"vmtap0\",\"addresses\":[\"10.0.0.5\"]}").toJson().toString())
        .isEqualTo("{\"tap\":\"vmtap0\",\"addresses\":[\"10.0.0.5\"]}");
    assertThatThrownBy(() -> network("{\"tap\":\"vmtap0\"}"))
        .isInstanceOf(ProtectorException.class);
    assertThatThrownBy(() -> network("{\"tap\":\"vmtap0\",\"addresses\":[\"a.example\"]}"))
        .isInstanceOf(ProtectorException.class);
  }
}
