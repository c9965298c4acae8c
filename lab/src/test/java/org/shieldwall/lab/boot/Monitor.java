package org.shieldwall.lab.boot;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** QEMU's machine protocol, as far as a measured host's boot needs it. */
final class Monitor implements AutoCloseable {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final Process qemu;
  private final SocketChannel channel;
  private final BufferedReader answers;

  private Monitor(Process qemu, SocketChannel channel) {
    this.qemu = qemu;
    this.channel = channel;
    this.answers =
        new BufferedReader(
            new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
  }

  static Monitor connect(Process qemu, Path socket) throws IOException {
    await(qemu, Duration.ofSeconds(30), "QEMU's monitor", () -> Files.exists(socket));
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    Monitor monitor = new Monitor(qemu, channel);
    monitor.answers.readLine();
    monitor.execute("{\"execute\":\"qmp_capabilities\"}");
    return monitor;
  }

  /** Waits until the guest has powered off; QEMU stays, with the TPM as it is. */
  void awaitPowerOff(Duration limit) {
    await(qemu, limit, "the machine's power-off", () -> status().equals("shutdown"));
  }

  private String status() {
    return execute("{\"execute\":\"query-status\"}").path("status").asString();
  }

  /** Writes the paused machine's whole state. */
  void writeState(Path file) {
    execute(
        "{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"max-bandwidth\":4000000000}}");
    String to = MAPPER.writeValueAsString("exec:cat > " + file);
    execute("{\"execute\":\"migrate\",\"arguments\":{\"uri\":" + to + "}}");
    await(
        qemu,
        Duration.ofSeconds(60),
        "the machine's state",
        () ->
            switch (execute("{\"execute\":\"query-migrate\"}").path("status").asString()) {
              case "completed" -> true;
              case "failed", "cancelled" -> throw new AssertionError("QEMU wrote no state");
              default -> false;
            });
  }

  void quit() {
    execute("{\"execute\":\"quit\"}");
  }

  /** {@return what the command returned; events are passed over} */
  private JsonNode execute(String command) {
    try {
      channel.write(ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.UTF_8)));
      while (true) {
        String line = answers.readLine();
        if (line == null) {
          throw new IOException("QEMU's monitor closed");
        }
        JsonNode answer = MAPPER.readTree(line);
        if (answer.has("error")) {
          throw new IOException(command + ": " + answer.path("error"));
        }
        if (answer.has("return")) {
          return answer.path("return");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(Process qemu, Duration limit, String what, BooleanSupplier condition) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("no sign of " + what + " in " + limit);
      }
      try {
        // Waiting for the process's end is the pause between two looks.
        if (qemu.waitFor(50, TimeUnit.MILLISECONDS)) {
          throw new AssertionError("QEMU ended with " + qemu.exitValue());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
