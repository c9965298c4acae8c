package org.shieldwall.host.migrate;

import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.host.AgentException;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;

/** One VM's way from one agent to another, step by step (protocol.md, "Between two agents"). */
public final class Passage {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration LATER = Duration.ofMinutes(5);

  private Passage() {}

  /** A connection for the two enclaves. */
  public static final class Stream implements AutoCloseable {
    private final Peer peer;
    private final Pumps pumps;

    Stream(Peer peer) throws IOException {
      this.peer = peer;
      this.pumps = Pumps.between(peer.socket());
    }

    /** {@return the end that is handed to the enclave} */
    public Descriptor forEnclave() {
      return pumps.forEnclave().descriptor();
    }

    /** The enclave has answered: what it has not read or written by now, it will not. */
    public void handed() {
      pumps.handed();
    }

    @Override
    public void close() {
      pumps.close();
      peer.close();
    }
  }

  /** Connects to the agent that is to take a VM. */
  public static Source to(PeerAddress address) throws AgentException {
    return new Source(address, Peer.connect(address));
  }

  /** The side that sends. */
  public static final class Source implements AutoCloseable {
    private final PeerAddress address;
    private final Peer peer;

    private Source(PeerAddress address, Peer peer) {
      this.address = address;
      this.peer = peer;
    }

    /** {@return the enclave that would have the VM} */
    public String propose(String name, UUID vm, long generation)
        throws AgentException, IOException {
      peer.send(
          Json.object()
              .put("do", "migrate")
              .put("name", name)
              .put("vm", vm.toString())
              .put("generation", generation));
      try {
        return peer.expect("enclave", SOON).keyId().text();
      } catch (ProtectorException problem) {
        throw Peer.malformed(problem.detail());
      }
    }

    /** Says that the key protection service knows of the offer. */
    public void offered() throws IOException {
      peer.send(Json.object().put("offered", true));
    }

    /** {@return the connection for the enclaves, once the other host has the keys} */
    public Stream stream() throws AgentException, IOException {
      String token;
      try {
        token = peer.expect("ready", LATER).text(64);
      } catch (ProtectorException problem) {
        throw Peer.malformed(problem.detail());
      }
      Peer data = Peer.connect(address);
      data.send(Json.object().put("do", "stream").put("token", token));
      return new Stream(data);
    }

    /** Waits until the other host has all of the VM. */
    public void awaitLoaded() throws AgentException, IOException {
      Json _ = peer.expect("loaded", LATER);
    }

    /** Says that the VM is the other host's; {@return whether it says that the VM runs there} */
    public boolean handedOver() {
      try {
        peer.send(Json.object().put("handedOver", true));
        Json _ = peer.expect("running", LATER);
        return true;
      } catch (IOException | AgentException unheard) {
        return false; // it is the other host's all the same
      }
    }

    @Override
    public void close() {
      peer.close();
    }
  }

  /** The side that takes. */
  public static final class Target {
    private final Peer peer;
    private final Arrivals arrivals;
    private final String name;
    private final UUID vm;
    private final long generation;

    Target(Peer peer, Arrivals arrivals, Json proposal) throws ProtectorException {
      proposal.members("do", "name", "vm", "generation");
      this.peer = peer;
      this.arrivals = arrivals;
      this.name = proposal.at("name").text(63);
      this.vm = proposal.at("vm").uuid();
      this.generation = proposal.at("generation").number(1, Json.MAX_NUMBER);
    }

    public String name() {
      return name;
    }

    public UUID vm() {
      return vm;
    }

    public long generation() {
      return generation;
    }

    /** Names the enclave that would have it, and waits until it has been offered to that one. */
    public void accept(String enclave) throws AgentException, IOException {
      peer.send(Json.object().put("enclave", enclave));
      Json _ = peer.expect("offered", LATER);
    }

    /** {@return the connection for the enclaves} */
    public Stream stream() throws IOException {
      return new Stream(arrivals.await(peer, SOON));
    }

    /** Says that the enclave has all of it. */
    public void loaded() throws IOException {
      peer.send(Json.object().put("loaded", true));
    }

    /** Waits until the VM is this host's. */
    public void awaitHandOver() throws AgentException, IOException {
      Json _ = peer.expect("handedOver", LATER);
    }

    /** Says that it runs. */
    public void running() throws IOException {
      peer.send(Json.object().put("running", true));
    }
  }
}
