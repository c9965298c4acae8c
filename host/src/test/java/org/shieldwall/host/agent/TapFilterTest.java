package org.shieldwall.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.vm.GuestAddress;
import org.shieldwall.host.vm.GuestNetwork;

/**
 * Two TAP devices on a bridge, held open as workers hold them. Whatever the one guest sends, and
 * then a frame that is allowed: the other guest hears the allowed one, and before it only what got
 * through.
 */
@Timeout(value = 40, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TapFilterTest {
  private static final String BRIDGE = "swbr0";
  private static final String SENDER = "swtapa";
  private static final String HEARER = "swtapb";
  private static final MacAddress MAC = MacAddress.of(new UUID(1, 2));
  private static final String OTHER_MAC = MacAddress.of(new UUID(3, 4)).text();
  private static final String ALL = "ff:ff:ff:ff:ff:ff";

  @TempDir Path folder;

  @BeforeEach
  void makeDevices() throws Exception {
    assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
    assumeThat(Path.of("/dev/net/tun")).exists();
    assumeThat(Files.isExecutable(Path.of("/usr/sbin/nft"))).as("needs nftables").isTrue();
    removeDevices();
    assumeThat(ip("link", "add", BRIDGE, "type", "bridge")).as("needs bridges").isZero();
    for (String device : List.of(SENDER, HEARER)) {
      assertThat(ip("tuntap", "add", "dev", device, "mode", "tap")).isZero();
      assertThat(ip("link", "set", device, "master", BRIDGE, "up")).isZero();
    }
    assertThat(ip("link", "set", BRIDGE, "up")).isZero();
  }

  @AfterEach
  void removeDevices() throws Exception {
    for (String device : List.of(SENDER, HEARER, BRIDGE)) {
      ip("link", "del", device);
    }
  }

  private static int ip(String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of("ip"));
    line.addAll(List.of(words));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private static byte[] frame(String from, int type, byte[] content) {
    return ByteBuffer.allocate(14 + content.length)
        .put(hex(ALL))
        .put(hex(from))
        .putShort((short) type)
        .put(content)
        .array();
  }

  private static byte[] hex(String address) {
    return HexFormat.ofDelimiter(":").parseHex(address);
  }

  private static byte[] address(String text) {
    return GuestAddress.parse(text).map(a -> a.address().getAddress()).orElseGet(() -> new byte[4]);
  }

  private static byte[] arp(String mac, String claimed) {
    return ByteBuffer.allocate(28)
        .putShort((short) 1)
        .putShort((short) 0x0800)
        .put((byte) 6)
        .put((byte) 4)
        .putShort((short) 2)
        .put(hex(mac))
        .put(address(claimed))
        .put(new byte[6])
        .put(address("10.0.0.9"))
        .array();
  }

  private static byte[] ipv4(String from, int protocol, byte[] content) {
    ByteBuffer packet = ByteBuffer.allocate(20 + content.length);
    packet.put((byte) 0x45).put((byte) 0).putShort((short) packet.capacity()).putInt(0);
    packet.put((byte) 64).put((byte) protocol).putShort((short) 0);
    packet.put(address(from)).put(new byte[] {-1, -1, -1, -1}).put(content);
    int sum = 0;
    for (int at = 0; at < 20; at += 2) {
      sum += packet.getShort(at) & 0xFFFF;
    }
    // A host with br_netfilter drops what has a wrong one (RFC 791, section 3.1).
    packet.putShort(10, (short) ~((sum & 0xFFFF) + (sum >>> 16)));
    return packet.array();
  }

  private static byte[] ipv6(String from, int protocol, byte[] content) {
    ByteBuffer packet = ByteBuffer.allocate(40 + content.length);
    packet.putInt(0x60000000).putShort((short) content.length);
    packet.put((byte) protocol).put((byte) 255);
    packet.put(from.equals("::") ? new byte[16] : address(from)).put(address6All()).put(content);
    return packet.array();
  }

  private static byte[] address6All() {
    byte[] all = new byte[16];
    all[0] = (byte) 0xFF;
    all[1] = 2;
    all[15] = 1;
    return all;
  }

  private static byte[] udp(int from, int to) {
    return ByteBuffer.allocate(16)
        .putShort((short) from)
        .putShort((short) to)
        .putShort((short) 16)
        .array();
  }

  private static byte[] icmp6(int type, String target) {
    return ByteBuffer.allocate(24).put((byte) type).put(new byte[7]).put(address(target)).array();
  }

  private static byte[] tagged(byte[] frame) {
    return ByteBuffer.allocate(frame.length + 4)
        .put(frame, 0, 12)
        .putShort((short) 0x8100)
        .putShort((short) 7)
        .put(frame, 12, frame.length - 12)
        .array();
  }

  /** What a guest with the addresses 10.0.0.5 and fd00::5 may send. */
  private static Map<String, byte[]> honest() {
    Map<String, byte[]> frames = new LinkedHashMap<>();
    frames.put("its own ARP", frame(MAC.text(), 0x0806, arp(MAC.text(), "10.0.0.5")));
    frames.put("an ARP probe", frame(MAC.text(), 0x0806, arp(MAC.text(), "0.0.0.0")));
    frames.put("its own IPv4", frame(MAC.text(), 0x0800, ipv4("10.0.0.5", 253, new byte[8])));
    frames.put("DHCP", frame(MAC.text(), 0x0800, ipv4("0.0.0.0", 17, udp(68, 67))));
    frames.put("its own IPv6", frame(MAC.text(), 0x86DD, ipv6("fd00::5", 253, new byte[8])));
    frames.put(
        "duplicate address detection",
        frame(MAC.text(), 0x86DD, ipv6("::", 58, icmp6(135, "fd00::5"))));
    frames.put(
        "its own advertisement",
        frame(MAC.text(), 0x86DD, ipv6("fd00::5", 58, icmp6(136, "fd00::5"))));
    return frames;
  }

  private static Map<String, byte[]> spoofedCard() {
    byte[] own = ipv4("10.0.0.5", 253, new byte[8]);
    Map<String, byte[]> frames = new LinkedHashMap<>();
    frames.put("another's card", frame(OTHER_MAC, 0x0800, own));
    frames.put("another's card in ARP", frame(MAC.text(), 0x0806, arp(OTHER_MAC, "10.0.0.5")));
    frames.put("a tagged frame", tagged(frame(MAC.text(), 0x0800, own)));
    frames.put(
        "a router's advertisement",
        frame(MAC.text(), 0x86DD, ipv6("fd00::5", 58, icmp6(134, "fd00::5"))));
    frames.put("a DHCP server", frame(MAC.text(), 0x0800, ipv4("10.0.0.5", 17, udp(67, 68))));
    frames.put("another protocol", frame(MAC.text(), 0x88CC, new byte[30]));
    return frames;
  }

  private static Map<String, byte[]> spoofedAddress() {
    Map<String, byte[]> frames = new LinkedHashMap<>();
    frames.put("another's IPv4", frame(MAC.text(), 0x0800, ipv4("10.0.0.6", 253, new byte[8])));
    frames.put("another's in ARP", frame(MAC.text(), 0x0806, arp(MAC.text(), "10.0.0.6")));
    frames.put("no address, no DHCP", frame(MAC.text(), 0x0800, ipv4("0.0.0.0", 17, udp(5, 6))));
    frames.put("another's IPv6", frame(MAC.text(), 0x86DD, ipv6("fd00::6", 253, new byte[8])));
    frames.put(
        "another's link-local", frame(MAC.text(), 0x86DD, ipv6("fe80::6", 253, new byte[8])));
    frames.put(
        "another's advertisement",
        frame(MAC.text(), 0x86DD, ipv6("fd00::5", 58, icmp6(136, "fd00::6"))));
    return frames;
  }

  /**
   * A port of a bridge forwards (state 3, br_state of if_bridge.h) soon after its worker is there.
   */
  private static void awaitForwarding() throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    for (String device : List.of(SENDER, HEARER)) {
      Path state = Path.of("/sys/class/net", device, "brport/state");
      while (!Files.readString(state).strip().equals("3")) {
        assertThat(System.nanoTime()).as("%s does not forward", device).isLessThan(deadline);
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  /** {@return which of {@code sent} the other guest hears} */
  private static List<String> heard(Descriptor from, Descriptor to, Map<String, byte[]> sent)
      throws IOException {
    awaitForwarding();
    byte[] last =
        frame(
            MAC.text(), 0x0800, ipv4("10.0.0.5", 254, "last".getBytes(StandardCharsets.US_ASCII)));
    for (byte[] frame : sent.values()) {
      from.write(frame);
    }
    from.write(last);
    List<String> heard = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(2048);
      while (true) {
        int count = to.read(buffer);
        byte[] frame = buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
        if (java.util.Arrays.equals(frame, last)) {
          return heard;
        }
        sent.forEach((name, each) -> {
          if (java.util.Arrays.equals(each, frame)) {
            heard.add(name);
          }
        });
      }
    }
  }

  private GuestLink open(String... addresses) throws AgentException {
    List<GuestAddress> own =
        Stream.of(addresses).map(text -> GuestAddress.parse(text).orElseThrow()).toList();
    return GuestLink.open(new GuestNetwork.Tap(SENDER, own), MAC, folder.resolve("net-web"));
  }

  @Test
  void givenAddressesThenWhatIsTheGuestsOwnPassesAndNothingElse() throws Exception {
    try (GuestLink link = open("10.0.0.5", "fd00::5");
        Descriptor hearer = Descriptor.tap(HEARER)) {
      Descriptor sender = link.descriptor().orElseThrow();
      assertThat(heard(sender, hearer, honest())).containsExactlyElementsOf(honest().keySet());
      assertThat(heard(sender, hearer, spoofedCard())).isEmpty();
      assertThat(heard(sender, hearer, spoofedAddress())).isEmpty();
      // What is dropped is dropped by the filter, and by nothing else on the way.
      TapFilter.remove(SENDER);
      assertThat(heard(sender, hearer, spoofedCard())).hasSameSizeAs(spoofedCard().keySet());
      assertThat(heard(sender, hearer, spoofedAddress())).hasSameSizeAs(spoofedAddress().keySet());
    }
  }

  @Test
  void givenNoIpv6AddressThenNoneIsSpoken() throws Exception {
    try (GuestLink link = open("10.0.0.5");
        Descriptor hearer = Descriptor.tap(HEARER)) {
      assertThat(heard(link.descriptor().orElseThrow(), hearer, honest()))
          .containsExactly("its own ARP", "an ARP probe", "its own IPv4", "DHCP");
    }
  }

  @Test
  void givenAnyAddressThenTheCardIsCheckedAllTheSame() throws Exception {
    try (GuestLink link = open();
        Descriptor hearer = Descriptor.tap(HEARER)) {
      Descriptor sender = link.descriptor().orElseThrow();
      assertThat(heard(sender, hearer, spoofedAddress())).hasSameSizeAs(spoofedAddress().keySet());
      assertThat(heard(sender, hearer, spoofedCard())).isEmpty();
    }
  }

  @Test
  void givenADeviceThatAnotherWorkerHasWhenOpenedThenItsFilterStays() throws Exception {
    try (GuestLink link = open("10.0.0.5", "fd00::5");
        Descriptor hearer = Descriptor.tap(HEARER)) {
      assertThatThrownBy(this::open).isInstanceOf(AgentException.class);
      assertThat(heard(link.descriptor().orElseThrow(), hearer, spoofedAddress())).isEmpty();
    }
  }

  @Test
  void givenWhatAnAgentHasLeftWhenSweptThenFilterAndFolderAreGone() throws Exception {
    try (GuestLink link = open("10.0.0.5");
        Descriptor hearer = Descriptor.tap(HEARER)) {
      Files.createDirectories(folder.resolve("net-mail"));
      Files.writeString(folder.resolve("net-mail/net.sock"), "");
      Files.writeString(folder.resolve("net-mail.log"), "");
      Files.writeString(folder.resolve("agent.sock"), "");
      assertThat(LeftNetworks.in(folder).sweep(Set.of("web"))).containsExactly("mail");
      assertThat(heard(link.descriptor().orElseThrow(), hearer, spoofedCard())).isEmpty();
      // What starts an enclave anew removes the files: the filters are known from before.
      LeftNetworks before = LeftNetworks.in(folder);
      Files.delete(folder.resolve("net-web.tap"));
      assertThat(before.sweep(Set.of())).containsExactly("web");
      try (Stream<Path> left = Files.list(folder)) {
        assertThat(left).containsExactly(folder.resolve("agent.sock"));
      }
      assertThat(heard(link.descriptor().orElseThrow(), hearer, spoofedCard())).isNotEmpty();
      assertThat(LeftNetworks.in(folder).sweep(Set.of())).isEmpty();
    }
  }

  @Test
  void givenAFilterThatTheKernelDoesNotTakeThenTheGuestIsNotConnected() {
    assertThatThrownBy(() -> TapFilter.put(SENDER, new MacAddress("no address"), List.of()))
        .isInstanceOfSatisfying(
            AgentException.class,
            refused -> assertThat(refused.code()).isEqualTo("tap-not-filtered"));
  }
}
