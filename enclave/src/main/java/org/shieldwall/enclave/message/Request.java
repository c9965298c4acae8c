package org.shieldwall.enclave.message;

import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.JsonNode;

/** What the agent can ask of the enclave (protocol.md, "Agent and enclave"). */
public sealed interface Request {
  /** The enclave's public keys and how it is confined. */
  record Keys() implements Request {}

  /**
   * A release request for a protector, with a nonce of the enclave's own.
   *
   * @param protector a key protector document
   */
  record Prepare(Purpose purpose, JsonNode protector) implements Request {}

  /**
   * Makes a VM out of a template. One descriptor comes with it: the template, open for reading.
   *
   * @param session what {@link Answer.Prepared} named
   * @param release the key protection service's answer
   * @param shieldingData a shielding data document
   * @param catalog the template's volume signature catalog
   * @param directory the VM's directory: exists, empty, writable by the enclave's user
   * @param diskBytes size of the disk to make; 0 for the template's own
   */
  record Provision(
      String session,
      JsonNode release,
      JsonNode shieldingData,
      JsonNode catalog,
      Path directory,
      long diskBytes)
      implements Request {}

  /**
   * Rolls the VM's state to the released generation and starts its worker. With {@link
   * Network#STREAM} or {@link Network#TAP} one descriptor comes with it.
   *
   * @param saved what to do with the memory of a VM that was saved
   */
  record Start(
      String session,
      JsonNode release,
      Path directory,
      Definition definition,
      Network network,
      Saved saved)
      implements Request {}

  /**
   * What the enclave says of a VM that it offers to another enclave, for the key protection
   * service.
   *
   * @param to id of that enclave
   */
  record Offer(UUID vm, String to) implements Request {}

  /**
   * Sends a running VM to the enclave that it was offered to. One descriptor comes with it: a
   * connected stream socket whose other end is that enclave's. Afterwards the VM is halted, and its
   * next report says that it was handed over.
   */
  record Send(UUID vm) implements Request {}

  /** Gives a sending up, or takes back what was sent and not yet reported: the VM goes on here. */
  record TakeBack(UUID vm) implements Request {}

  /**
   * Takes a VM that runs on another host, to go on with it here once it has been handed over. The
   * descriptors are the network's, if there is one, and then a connected stream socket whose other
   * end is the other enclave's.
   */
  record Receive(
      String session, JsonNode release, Path directory, Definition definition, Network network)
      implements Request {}

  /** Seals a running VM's memory into its directory, and ends it. */
  record Save(UUID vm) implements Request {}

  /**
   * Stops a VM.
   *
   * @param waitSeconds how long to wait for the guest after {@link How#POWERDOWN}
   */
  record Stop(UUID vm, How how, int waitSeconds) implements Request {}

  /**
   * Opens a door of a running VM whose owner allows it. One descriptor comes with it: a connected
   * stream socket, whose other end is whoever looks.
   */
  record Open(UUID vm, Door door) implements Request {}

  /** What the enclave says of a VM, for the key protection service. */
  record Report(UUID vm) implements Request {}

  /**
   * What the key protection service answers to that.
   *
   * @param lease as it came
   */
  record Leased(UUID vm, JsonNode lease) implements Request {}

  /** The running VMs, or one of them. */
  record Status(Optional<UUID> vm) implements Request {}

  /** What a release is for. */
  enum Purpose {
    PROVISION,
    START
  }

  /** The ways into an encryption-supported VM. */
  enum Door {
    /** Its screen and keyboard, in the remote framebuffer protocol (RFC 6143). */
    SCREEN,
    /** Its serial line, byte for byte. */
    SERIAL;

    /** {@return its name in messages} */
    public String word() {
      return RequestCodec.word(this);
    }

    /** Reads its name in a message. */
    public static Door fromJson(Json json) throws ProtectorException {
      return RequestCodec.choice(json, values());
    }
  }

  /** What a start does with saved memory. */
  enum Saved {
    /** Goes on from it where there is some, and else starts from the disk. */
    USE,
    /** Goes on from it, and does nothing where there is none. */
    REQUIRE,
    /** Gives it up, as a machine that loses its power gives up what it holds. */
    DISCARD;

    /** {@return its name in messages} */
    public String word() {
      return RequestCodec.word(this);
    }

    /** Reads its name in a message. */
    public static Saved fromJson(Json json) throws ProtectorException {
      return RequestCodec.choice(json, values());
    }
  }

  /** How a VM is stopped. */
  enum How {
    /** The guest is asked, as by the power button, and shuts itself down. */
    POWERDOWN,
    /** The worker is ended at once, as by pulling the plug. */
    KILL
  }

  /** What the worker's network card is connected to. */
  enum Network {
    NONE,
    /** A connected stream socket that speaks QEMU's framing, e.g. passt's. */
    STREAM,
    /** A TAP device. */
    TAP
  }

  /**
   * The fabric's part of a VM's definition. It is not trusted.
   *
   * @param name 1 to 63 characters, for reports only
   * @param cpus 1 to 64
   * @param memoryMebibytes 128 to 1,048,576
   */
  record Definition(String name, int cpus, int memoryMebibytes) {}
}
