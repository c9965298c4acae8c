package org.shieldwall.lab.attack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.shieldwall.enclave.message.Frames;
import org.shieldwall.enclave.posix.UnixSocket;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The two sockets of a host, spoken to without the programs that usually do. */
final class Doors {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration LATER = Duration.ofMinutes(3);
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Doors() {}

  /** Sends any text as a message; {@return the last answer} */
  static JsonNode say(Path socket, String message) throws IOException {
    try (UnixSocket connection = UnixSocket.connect(socket)) {
      Frames.send(connection, message.getBytes(StandardCharsets.UTF_8), List.of(), SOON);
      while (true) {
        byte[] answer = Frames.receive(connection, Frames.LARGEST, LATER, SOON);
        JsonNode json = MAPPER.readTree(answer);
        String kind = json.path("type").asString(json.path("reply").asString(""));
        if (!kind.equals("progress") && !kind.equals("working")) {
          return json;
        }
      }
    }
  }
}
