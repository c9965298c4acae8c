package org.shieldwall.host.migrate;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ObjectNode;

/** A connection to another agent: documents, each with its length before it, or a bare stream. */
final class Peer implements AutoCloseable {
  /** The longest document. */
  private static final int MAX_DOCUMENT = 64 << 10;

  private static final Duration CONNECT = Duration.ofSeconds(10);

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  Peer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    this.in = new DataInputStream(socket.getInputStream());
    this.out = new DataOutputStream(socket.getOutputStream());
  }

  static Peer connect(PeerAddress address) throws AgentException {
    Socket socket = new Socket();
    try {
      socket.connect(address.socketAddress(), Math.toIntExact(CONNECT.toMillis()));
      return new Peer(socket);
    } catch (IOException | RuntimeException problem) {
      close(socket);
      throw new AgentException(
          Kind.UNAVAILABLE,
          "host-unreachable",
          "no agent takes VMs at " + address + ": " + problem.getMessage(),
          "start it there with migration = \"" + address + "\" in its host.toml");
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It was not open.
    }
  }

  void send(ObjectNode document) throws IOException {
    byte[] bytes = Json.bytes(document);
    out.writeInt(bytes.length);
    out.write(bytes);
    out.flush();
  }

  /** {@return the next document} */
  Json receive(Duration limit) throws IOException, AgentException {
    socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
    try {
      int length = in.readInt();
      if (length < 0 || length > MAX_DOCUMENT) {
        throw malformed("a document of " + length + " bytes");
      }
      byte[] bytes = in.readNBytes(length);
      if (bytes.length < length) {
        throw new IOException("the other agent broke off");
      }
      return Json.parse(bytes, "message of another agent", MAX_DOCUMENT);
    } catch (SocketTimeoutException slow) {
      throw new IOException("the other agent said nothing for " + limit.toSeconds() + " s");
    } catch (ProtectorException problem) {
      throw malformed(problem.detail());
    }
  }

  static AgentException malformed(String detail) {
    return new AgentException(
        Kind.MALFORMED,
        "malformed-message",
        "the other agent does not keep to the protocol: " + detail,
        "run the same version on both hosts");
  }

  /** What was received, or the other's refusal. */
  Json expect(String member, Duration limit) throws IOException, AgentException {
    Json json = receive(limit);
    try {
      if (json.node().has("refused")) {
        Json refused = json.at("refused").members("code", "what", "remedy");
        throw new AgentException(
            Kind.REFUSED,
            refused.at("code").text(100),
            "the other host refused: " + refused.at("what").text(4000),
            refused.at("remedy").textOrEmpty(1000));
      }
      return json.members(member).at(member);
    } catch (ProtectorException problem) {
      throw malformed(problem.detail());
    }
  }

  void refuse(AgentException why) throws IOException {
    ObjectNode json = Json.object();
    json.putObject("refused")
        .put("code", why.code())
        .put("what", why.what())
        .put("remedy", why.remedy());
    send(json);
  }

  /** {@return the socket, for a bare stream} */
  Socket socket() {
    return socket;
  }

  @Override
  public void close() {
    close(socket);
  }
}
