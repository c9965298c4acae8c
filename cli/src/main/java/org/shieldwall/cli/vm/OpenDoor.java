package org.shieldwall.cli.vm;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.shieldwall.cli.host.AgentOptions;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.host.agent.AgentRequest;

/** This command's end of a VM's screen or serial line: half of a socket pair, and no name. */
record OpenDoor(UnixSocket socket) implements AutoCloseable {
  private static final Duration SEND = Duration.ofSeconds(10);
  private static final Duration STEP = Duration.ofMillis(200);

  /** Asks the agent to hand the other half to the enclave. A refusal is thrown as a failure. */
  static OpenDoor of(String name, Request.Door door, AgentOptions agent) throws IOException {
    UnixSocket.Pair pair = UnixSocket.pair();
    try (UnixSocket there = pair.there()) {
      agent.ask(
          new AgentRequest.VmOpen(name, door),
          List.of(there.descriptor()),
          new PrintWriter(Writer.nullWriter()),
          (vm, out) -> {});
      return new OpenDoor(pair.here());
    } catch (RuntimeException refused) {
      pair.here().close();
      throw refused;
    }
  }

  /** Copies what the machine says until it or {@code limit} ends. */
  void toThe(OutputStream out, Duration limit) throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    byte[] buffer = new byte[64 * 1024];
    while (System.nanoTime() < deadline) {
      if (socket.awaitReadable(STEP)) {
        int count = socket.receiveSome(buffer, 0, buffer.length);
        if (count == 0) {
          return;
        }
        out.write(buffer, 0, count);
        out.flush();
      }
    }
  }

  /** Copies what {@code in} says to the machine until {@code in} or the machine ends. */
  void fromThe(InputStream in, int endsAt) throws IOException {
    byte[] buffer = new byte[4096];
    int count;
    while ((count = in.read(buffer)) > 0) {
      for (int i = 0; i < count; i++) {
        if (buffer[i] == endsAt) {
          return;
        }
      }
      socket.send(Arrays.copyOf(buffer, count), List.of(), SEND);
    }
  }

  @Override
  public void close() {
    socket.shutdown();
    socket.close();
  }
}
