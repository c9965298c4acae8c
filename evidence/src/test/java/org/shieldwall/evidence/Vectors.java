package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Genuine evidence of real machines, kept beside the project; tests are skipped without it. */
public final class Vectors {
  /** The folder that holds it. */
  public static final Path ROOT =
      Path.of(System.getProperty("shieldwall.root", ".."))
          .resolve(System.getProperty("shieldwall.vectors", "../shared/vectors"));

  private Vectors() {}

  /** Skips the calling test, visibly, where the folder is absent. */
  public static void assume() {
    assumeTrue(Files.isDirectory(ROOT), "no genuine evidence at " + ROOT);
  }

  /** {@return the bytes of one file} */
  public static byte[] bytes(String path) {
    assume();
    try {
      return Files.readAllBytes(ROOT.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return the event log in a file, be it the log itself or go-attestation's JSON around it} */
  public static byte[] eventLog(String path) {
    byte[] bytes = bytes(path);
    return path.endsWith(".json")
        ? Base64.getDecoder().decode(json(path).at("/Log/Raw").asString())
        : bytes;
  }

  /** {@return one file as JSON} */
  public static JsonNode json(String path) {
    return JsonMapper.shared().readTree(bytes(path));
  }

  /** {@return files of a folder, by name; empty, so that the caller's tests show as skipped} */
  public static List<String> files(String folder, String ending) {
    if (!Files.isDirectory(ROOT)) {
      return List.of("absent");
    }
    try (Stream<Path> found = Files.list(ROOT.resolve(folder))) {
      List<String> names =
          found
              .filter(Files::isRegularFile)
              .map(each -> folder + "/" + each.getFileName())
              .filter(each -> each.endsWith(ending))
              .sorted()
              .toList();
      assertThat(names).isNotEmpty();
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
