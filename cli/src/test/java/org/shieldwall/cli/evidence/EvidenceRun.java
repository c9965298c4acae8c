package org.shieldwall.cli.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.cli.Main;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An {@code evidence} command that was run, as a user types it. */
record EvidenceRun(int exitCode, String out, String err) {
  static EvidenceRun of(Object... arguments) {
    List<String> words = new ArrayList<>(List.of("evidence"));
    for (Object each : arguments) {
      words.add(each.toString());
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), words);
    assertThat(out + err.toString()).doesNotContain("Exception", "\tat ");
    return new EvidenceRun(exitCode, out.toString(), err.toString());
  }

  JsonNode json() {
    return JsonMapper.shared().readTree(out);
  }

  /** {@return this, if the exit code is that one} */
  EvidenceRun ended(int wanted) {
    assertThat(exitCode).as(out + err).isEqualTo(wanted);
    return this;
  }
}
