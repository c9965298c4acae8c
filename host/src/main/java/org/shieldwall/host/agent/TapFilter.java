package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.vm.GuestAddress;

/**
 * What a guest may send through its TAP device: frames from its own card and from its own
 * addresses. One table of nftables for each device, in the family {@code netdev}, whose hook is the
 * device itself: it holds whether the device is bridged or routed, and ends with the device.
 *
 * <p>Dropped are, besides other senders: announcements in ARP and neighbour discovery for addresses
 * that are not the guest's, what routers and DHCP servers say, tagged frames (a guest that chooses
 * its VLAN leaves its own), and every protocol but ARP, IPv4 and IPv6.
 */
final class TapFilter {
  private static final String TABLE = "shieldwall-";
  private static final long SECONDS = 20;

  private TapFilter() {}

  /**
   * Puts the filter on a device, in the place of one that is there, in one transaction.
   *
   * @param addresses all that the guest may use; none for whichever it likes
   */
  static void put(String device, MacAddress mac, List<GuestAddress> addresses)
      throws AgentException {
    run(
        "add table netdev %1$s\ndelete table netdev %1$s\n%2$s"
            .formatted(TABLE + device, table(device, mac, addresses)));
  }

  /** Takes the filter off, if there is one. */
  static void remove(String device) throws AgentException {
    run("add table netdev %1$s\ndelete table netdev %1$s\n".formatted(TABLE + device));
  }

  private static String table(String device, MacAddress mac, List<GuestAddress> addresses) {
    List<String> rules = new ArrayList<>();
    rules.add("type filter hook ingress device \"" + device + "\" priority -500; policy drop;");
    rules.add("ether saddr != " + mac + " drop");
    rules.add("meta protocol { vlan, 8021ad } drop");
    rules.add("ether type { vlan, 8021ad } drop");
    rules.add("udp sport { 67, 547 } drop");
    rules.add("icmpv6 type { nd-router-advert, nd-redirect } drop");
    String arp = "arp htype 1 arp ptype ip arp saddr ether " + mac;
    if (addresses.isEmpty()) {
      rules.addAll(List.of(arp + " accept", "meta protocol { ip, ip6 } accept"));
    } else {
      List<String> four =
          addresses.stream().filter(a -> !a.isIpv6()).map(Object::toString).toList();
      rules.add(arp + " arp saddr ip " + set(four, "0.0.0.0") + " accept");
      if (!four.isEmpty()) {
        rules.add("ip saddr " + set(four) + " accept");
      }
      rules.add("ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept");
      if (addresses.stream().anyMatch(GuestAddress::isIpv6)) {
        rules.addAll(ipv6(mac, addresses));
      }
    }
    return "table netdev %s {\n  chain from-guest {\n    %s\n  }\n}\n"
        .formatted(TABLE + device, String.join("\n    ", rules));
  }

  private static List<String> ipv6(MacAddress mac, List<GuestAddress> addresses) {
    List<byte[]> own =
        addresses.stream()
            .filter(GuestAddress::isIpv6)
            .map(address -> address.address().getAddress())
            .collect(Collectors.toCollection(ArrayList::new));
    own.add(linkLocal(mac));
    List<String> texts = own.stream().map(TapFilter::text).toList();
    // The target of an advertisement is the 16 bytes after its first 8 (RFC 4861, section 4.4).
    List<String> targets = own.stream().map(a -> "0x" + HexFormat.of().formatHex(a)).toList();
    return List.of(
        "icmpv6 type nd-neighbor-advert @th,64,128 != " + set(targets) + " drop",
        "ip6 saddr " + set(texts) + " accept",
        "ip6 saddr :: icmpv6 type { nd-neighbor-solicit, mld2-listener-report } accept");
  }

  /** The address that follows from the card's (RFC 4291, appendix A). */
  private static byte[] linkLocal(MacAddress mac) {
    byte[] card = mac.bytes();
    byte[] address = new byte[16];
    address[0] = (byte) 0xFE;
    address[1] = (byte) 0x80;
    address[8] = (byte) (card[0] ^ 2);
    address[9] = card[1];
    address[10] = card[2];
    address[11] = (byte) 0xFF;
    address[12] = (byte) 0xFE;
    address[13] = card[3];
    address[14] = card[4];
    address[15] = card[5];
    return address;
  }

  private static String text(byte[] ipv6) {
    return HexFormat.ofDelimiter(":").formatHex(ipv6).replaceAll("(..):(..)", "$1$2");
  }

  private static String set(List<String> members, String... more) {
    List<String> all = new ArrayList<>(members);
    all.addAll(List.of(more));
    return "{ " + String.join(", ", all) + " }";
  }

  private static void run(String rules) throws AgentException {
    try {
      Process nft = new ProcessBuilder("nft", "-f", "-").redirectErrorStream(true).start();
      try (var in = nft.getOutputStream()) {
        in.write(rules.getBytes(StandardCharsets.US_ASCII));
      }
      String said = new String(nft.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!nft.waitFor(SECONDS, TimeUnit.SECONDS) || nft.exitValue() != 0) {
        nft.destroyForcibly();
        throw refused(said.strip().replaceAll("\\s+", " "), "");
      }
    } catch (IOException problem) {
      throw refused(String.valueOf(problem.getMessage()), "apt-get install nftables");
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw refused("interrupted", "");
    }
  }

  private static AgentException refused(String why, String remedy) {
    return new AgentException(
        Kind.UNAVAILABLE,
        "tap-not-filtered",
        "what the guest sends cannot be filtered, so it is not connected: " + why,
        remedy.isEmpty() ? "run the agent as root, on a kernel with nftables (nf_tables)" : remedy);
  }
}
