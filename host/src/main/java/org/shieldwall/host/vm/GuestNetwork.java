package org.shieldwall.host.vm;

import java.util.ArrayList;
import java.util.List;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a guest's network card is connected to. */
public sealed interface GuestNetwork {
  /** How a TAP device is called: what the kernel allows (IFNAMSIZ), and no path. */
  String TAP_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,14}";

  /** A network of the guest's own behind this host, with ports that lead to it. */
  record Shared(List<PortForward> forwards) implements GuestNetwork {
    /** Copies the list. */
    public Shared {
      forwards = List.copyOf(forwards);
    }
  }

  /**
   * A TAP device of this host, made and bridged by its administrator.
   *
   * @param device its name
   * @param addresses all that the guest may use as its own; none for whichever it likes
   */
  record Tap(String device, List<GuestAddress> addresses) implements GuestNetwork {
    /** Refuses what is no device's name. */
    public Tap {
      if (!device.matches(TAP_NAME)) {
        throw new IllegalArgumentException("not a TAP device's name");
      }
      addresses = List.copyOf(addresses);
    }
  }

  /** {@return the network as documents carry it} */
  default ObjectNode toJson() {
    ObjectNode json = Json.object();
    switch (this) {
      case Shared shared -> {
        ArrayNode forwards = json.putArray("forwards");
        shared.forwards().forEach(forward -> forwards.add(forward.toString()));
      }
      case Tap tap -> {
        json.put("tap", tap.device());
        ArrayNode addresses = json.putArray("addresses");
        tap.addresses().forEach(address -> addresses.add(address.toString()));
      }
    }
    return json;
  }

  /** Reads a network. */
  static GuestNetwork fromJson(Json json) throws ProtectorException {
    if (json.names().contains("tap")) {
      return tap(json.members("tap", "addresses"));
    }
    List<PortForward> forwards = new ArrayList<>();
    for (Json forward : json.members("forwards").at("forwards").list(0, PortForward.MAX)) {
      String text = forward.text(100);
      forwards.add(
          PortForward.parse(text).orElseThrow(() -> forward.malformed(PortForward.SHAPE, text)));
    }
    return new Shared(forwards);
  }

  private static Tap tap(Json json) throws ProtectorException {
    String device = json.at("tap").text(40);
    if (!device.matches(TAP_NAME)) {
      throw json.at("tap").malformed("a device's name", '"' + device + '"');
    }
    List<GuestAddress> addresses = new ArrayList<>();
    for (Json address : json.at("addresses").list(0, GuestAddress.MAX)) {
      String text = address.text(50);
      addresses.add(
          GuestAddress.parse(text).orElseThrow(() -> address.malformed(GuestAddress.SHAPE, text)));
    }
    return new Tap(device, addresses);
  }
}
