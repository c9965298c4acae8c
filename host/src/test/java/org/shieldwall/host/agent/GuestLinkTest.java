package org.shieldwall.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.vm.GuestNetwork;

class GuestLinkTest {
  private static final String DEVICE = "swtest0";
  private static final MacAddress MAC = MacAddress.of(new UUID(1, 2));

  @TempDir Path folder;

  @Test
  void givenATapDeviceWhenOpenedThenItsDescriptorIsForTheWorker() throws Exception {
    assumeThat(make("add")).as("needs root and /dev/net/tun").isZero();
    try (GuestLink link =
        GuestLink.open(new GuestNetwork.Tap(DEVICE, List.of()), MAC, folder.resolve("net-web"))) {
      assertThat(link.kind()).isEqualTo(Request.Network.TAP);
      assertThat(link.descriptor()).isPresent();
      assertThatThrownBy(() ->
              GuestLink.open(
                  new GuestNetwork.Tap(DEVICE, List.of()), MAC, folder.resolve("net-web")))
          .as("a device that another worker has")
          .isInstanceOf(AgentException.class)
          .hasMessageContaining(DEVICE);
    } finally {
      make("del");
    }
  }

  @Test
  void givenNoSuchDeviceWhenOpenedThenTheMendingCommandIsNamed() {
    assertThatThrownBy(() ->
            GuestLink.open(
                new GuestNetwork.Tap("swnone0", List.of()), MAC, folder.resolve("net-web")))
        .isInstanceOfSatisfying(
            AgentException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo("tap-not-usable");
              assertThat(refused.remedy()).contains("ip tuntap add dev swnone0");
            });
    assertThat(Path.of("/sys/class/net/swnone0")).doesNotExist();
  }

  private static int make(String verb) throws Exception {
    if (!Files.exists(Path.of("/dev/net/tun"))) {
      return -1;
    }
    Process ip =
        new ProcessBuilder("ip", "tuntap", verb, "dev", DEVICE, "mode", "tap")
            .redirectErrorStream(true)
            .start();
    return ip.waitFor(10, TimeUnit.SECONDS) ? ip.exitValue() : -1;
  }
}
