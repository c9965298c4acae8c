package org.shieldwall.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;

class NamesAtWorkTest {
  private final NamesAtWork names = new NamesAtWork();

  @Test
  void givenWorkOnAVmWhenAnotherBeginsThenItIsRefusedAndOtherVmsAreNot() throws Exception {
    String seen =
        names.alone(
            "web",
            () -> {
              assertThatThrownBy(() -> names.alone("web", () -> "second"))
                  .isInstanceOfSatisfying(
                      AgentException.class,
                      refused -> assertThat(refused.code()).isEqualTo("vm-busy"));
              return names.alone("mail", () -> "other");
            });
    assertThat(seen).isEqualTo("other");
  }

  @Test
  void givenWorkThatFailedThenTheVmIsFreeAgain() throws Exception {
    assertThatThrownBy(() ->
            names.alone(
                "web",
                () -> {
                  throw new AgentException(Kind.REFUSED, "no", "no", "");
                }))
        .hasMessage("no");
    assertThat(names.alone("web", () -> "again")).isEqualTo("again");
  }
}
