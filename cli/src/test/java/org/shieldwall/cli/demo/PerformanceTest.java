package org.shieldwall.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.shieldwall.cli.Failure;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the demonstration says of its steps, when they go as they should and when they do not. */
class PerformanceTest {
  private final List<String> played = new ArrayList<>();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private Demo.Step good(String name) {
    return new Demo.Step(
        name,
        true,
        () -> {
          played.add(name);
          return new Demo.Seen("a-finding", "seen");
        });
  }

  private Demo.Step bad(String name, boolean othersNeedIt) {
    return new Demo.Step(
        name,
        othersNeedIt,
        () -> {
          played.add(name);
          throw new StepFailure("why it failed");
        });
  }

  private int forMachines(Demo.Step... steps) {
    return new Performance("a host", List.of(steps), "look there")
        .forMachines(new PrintWriter(out), System.nanoTime());
  }

  /** Anything after the one object is an error, as it is for whoever reads the output. */
  private JsonNode onlyObject() {
    return JsonMapper.builder()
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build()
        .readTree(out.toString());
  }

  @Test
  void whatGoesWellIsOneObjectAndExitCode0() {
    assertThat(forMachines(good("one"), good("two"))).isZero();
    assertThat(onlyObject().path("ok").asBoolean()).isTrue();
    assertThat(onlyObject().path("host").asString()).isEqualTo("a host");
    assertThat(onlyObject().at("/steps/1/step").asString()).isEqualTo("two");
    assertThat(onlyObject().at("/steps/1/finding").asString()).isEqualTo("a-finding");
    assertThat(onlyObject().has("hint")).isFalse();
  }

  @Test
  void aFailureIsOneObjectTooWithWhatFailedAndWhatToDo() {
    assertThat(forMachines(good("one"), bad("two", false), good("three")))
        .isEqualTo(Failure.REFUSED);
    assertThat(onlyObject().path("ok").asBoolean()).isFalse();
    assertThat(onlyObject().at("/steps/1/ok").asBoolean()).isFalse();
    assertThat(onlyObject().at("/steps/1/outcome").asString()).isEqualTo("why it failed");
    assertThat(onlyObject().path("hint").asString()).isEqualTo("look there");
    assertThat(played).containsExactly("one", "two", "three");
  }

  @Test
  void afterAStepThatOthersNeedNothingIsPlayed() {
    assertThat(forMachines(bad("one", true), good("two"))).isEqualTo(Failure.REFUSED);
    assertThat(played).containsExactly("one");
    assertThat(onlyObject().path("steps").size()).isEqualTo(1);
  }

  @Test
  void peopleSeeEachStepAndReadWhatToDoOnStandardError() {
    int exitCode =
        new Performance("a host", List.of(good("one"), bad("two", true)), "look there")
            .forPeople(new PrintWriter(out), new PrintWriter(err), System.nanoTime());
    assertThat(exitCode).isEqualTo(Failure.REFUSED);
    assertThat(out.toString())
        .contains("The host is a host.", "ok   one", "FAIL two", "why it failed", "Not as it");
    assertThat(err.toString()).contains("error: ", "hint:  look there");
  }
}
