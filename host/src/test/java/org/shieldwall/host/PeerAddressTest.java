package org.shieldwall.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.host.migrate.PeerAddress;

class PeerAddressTest {
  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.7:8445", "host-b.example:1", "[2001:db8::7]:65535"})
  void givenAnAddressWhenReadAndShownThenItIsTheSame(String text) {
    assertThat(PeerAddress.parse(text).orElseThrow()).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "host", "host:0", "host:65536", "2001:db8::7:1", ":1", "a b:1", "host:1x"})
  void givenAnythingElseWhenReadThenItIsNone(String text) {
    assertThat(PeerAddress.parse(text)).isEmpty();
  }
}
