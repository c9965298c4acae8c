package org.shieldwall.protector.secret;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads Project Wycheproof's vectors, which stand beside the project. */
public final class Wycheproof {
  private Wycheproof() {}

  /** Runs {@code run} with the group and the case, for each case of a file. */
  public static void each(String file, BiConsumer<JsonNode, JsonNode> run) throws IOException {
    Path path =
        Path.of(System.getProperty("shieldwall.root", ".."))
            .resolve(System.getProperty("shieldwall.vectors", "../shared/vectors"))
            .resolve("wycheproof")
            .resolve(file);
    Assumptions.assumeTrue(Files.exists(path), "no Wycheproof vectors at " + path);
    JsonNode root = JsonMapper.shared().readTree(Files.readAllBytes(path));
    int cases = 0;
    for (JsonNode group : root.get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        run.accept(group, test);
        cases++;
      }
    }
    assertThat(cases).isEqualTo(root.get("numberOfTests").intValue());
  }
}
