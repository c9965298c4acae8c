package org.shieldwall.tpm;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Other projects' test data beside the source tree; tests that need it skip where it is absent. */
final class Vectors {
  private static final Path FOLDER =
      Path.of(System.getProperty("shieldwall.root", ".."))
          .resolve(System.getProperty("shieldwall.vectors", "../shared/vectors"));

  private Vectors() {}

  static byte[] bytes(String path) {
    Path file = FOLDER.resolve(path);
    assumeTrue(Files.isReadable(file), "skipped: no test vectors at " + file.normalize());
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode json(String path) {
    return JsonMapper.shared().readTree(bytes(path));
  }
}
