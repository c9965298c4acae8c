package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.vm.GuestNetwork;

/**
 * The open end of a guest's network, which the enclave hands to the worker: both live in an empty
 * network namespace and can open nothing themselves.
 */
sealed interface GuestLink extends AutoCloseable permits Passt, GuestLink.Tap, GuestLink.None {
  /**
   * Opens what a VM's definition asks for.
   *
   * @param mac the address of the guest's card
   * @param folder of its own, for what has to be found again after a crash
   */
  static GuestLink open(GuestNetwork network, MacAddress mac, Path folder) throws AgentException {
    return switch (network) {
      case GuestNetwork.Shared shared -> {
        Optional<Passt> passt = Passt.start(folder, shared.forwards());
        yield passt.isPresent() ? passt.get() : new None();
      }
      case GuestNetwork.Tap tap -> Tap.open(tap, mac, folder);
    };
  }

  /** {@return what kind of descriptor it is} */
  Request.Network kind();

  /** {@return the descriptor, if there is one} */
  Optional<Descriptor> descriptor();

  /** {@return what it is, for people} */
  String inWords();

  /** Lets go of our end after the worker has its own. */
  void release();

  /** Ends it: the worker did not start. */
  @Override
  void close();

  /** A host that is connected to nothing: the guest has a card without a cable. */
  record None() implements GuestLink {
    @Override
    public Request.Network kind() {
      return Request.Network.NONE;
    }

    @Override
    public Optional<Descriptor> descriptor() {
      return Optional.empty();
    }

    @Override
    public String inWords() {
      return "none: this host has no route";
    }

    @Override
    public void release() {}

    @Override
    public void close() {}
  }

  /** A TAP device, behind a filter that lets through what is the guest's own. */
  record Tap(String device, Descriptor opened) implements GuestLink {
    static Tap open(GuestNetwork.Tap wanted, MacAddress mac, Path folder) throws AgentException {
      String device = wanted.device();
      Descriptor opened;
      try {
        // For root the kernel would make the device: one that is bridged to nothing.
        if (!Files.exists(Path.of("/sys/class/net", device))) {
          throw new NoSuchFileException("there is no such device");
        }
        opened = Descriptor.tap(device);
      } catch (IOException problem) {
        throw new AgentException(
            Kind.UNAVAILABLE,
            "tap-not-usable",
            "the TAP device " + device + " cannot be opened: " + problem.getMessage(),
            "ip tuntap add dev " + device + " mode tap, and attach it to a bridge");
      }
      try {
        // Only who has the device open changes its filter: no second VM's start takes it away.
        LeftNetworks.note(folder, device);
        TapFilter.put(device, mac, wanted.addresses());
        return new Tap(device, opened);
      } catch (AgentException failed) {
        opened.close();
        throw failed;
      }
    }

    @Override
    public Request.Network kind() {
      return Request.Network.TAP;
    }

    @Override
    public Optional<Descriptor> descriptor() {
      return Optional.of(opened);
    }

    @Override
    public String inWords() {
      return "tap " + device;
    }

    @Override
    public void release() {
      opened.close();
    }

    @Override
    public void close() {
      opened.close();
    }
  }
}
