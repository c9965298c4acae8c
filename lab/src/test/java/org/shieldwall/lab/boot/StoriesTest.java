package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page that shows administrators their days of change, played: its commands are typed as they
 * stand there, on hosts that really booted, and print what stands there.
 */
@Tag("boot")
@Timeout(300)
class StoriesTest {
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root"));

  @TempDir Path folder;

  @Test
  void whatThePageOnUpdatesShowsIsWhatHappens() throws Exception {
    List<StoryStep> steps = StoryStep.of(Files.readAllLines(ROOT.resolve("docs/updates.md")));
    assertThat(steps).hasSizeGreaterThan(40);
    RealBoots.all(HostVariant.values());
    StringBuilder played = new StringBuilder();
    try (StoryStage stage = new StoryStage(folder)) {
      for (StoryStep step : steps) {
        switch (step) {
          case StoryStep.Happening happening -> stage.happens(happening);
          case StoryStep.Shown shown -> stage.show(shown);
          case StoryStep.Typed typed -> type(stage, typed, played);
        }
      }
    } finally {
      Files.writeString(ROOT.resolve("lab/target/updates.played.txt"), played);
    }
  }

  private static void type(StoryStage stage, StoryStep.Typed typed, StringBuilder played)
      throws Exception {
    StoryStage.Said said = stage.type(typed);
    played.append(typed.machine()).append("$ ").append(typed.command()).append('\n');
    played.append(said.text());
    if (said.exitCode() != 0) {
      played.append("[exit ").append(said.exitCode()).append("]\n");
    }
    if (said.exitCode() != typed.exitCode() || !typed.isPrintedAs(said.text())) {
      String message =
          "docs/updates.md, line %d: %s\nprints (exit code %d)\n%s\nand the page says (exit code %d)\n%s"
              .formatted(
                  typed.line(),
                  typed.command(),
                  said.exitCode(),
                  said.text(),
                  typed.exitCode(),
                  String.join("\n", typed.output()));
      if (!Boolean.getBoolean("shieldwall.story.record")) {
        fail(message);
      }
    }
  }
}
