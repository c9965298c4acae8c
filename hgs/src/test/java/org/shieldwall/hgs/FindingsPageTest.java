package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every finding of the services has its paragraph in docs/findings.md. */
class FindingsPageTest {
  private static final Pattern ANCHOR = Pattern.compile("findings\\.md#([a-z-]+)");
  private static final Pattern FINDING = Pattern.compile("finding\\(\\s*\"([a-z-]+)\"");

  @Test
  void givenTheSources_whenTheirFindingsAreCollected_thenEachIsOnThePage() throws Exception {
    Path root = Path.of(System.getProperty("shieldwall.root"));
    Path services = root.resolve("hgs/src/main/java/org/shieldwall/hgs");
    Set<String> codes = new TreeSet<>();
    for (Path source :
        new Path[] {
          services.resolve("attestation/AttestationFindings.java"),
          services.resolve("attestation/AkFindings.java"),
          services.resolve("attestation/ProofFindings.java"),
          services.resolve("attestation/DirectoryFindings.java"),
          services.resolve("keys/LeaseFindings.java"),
          services.resolve("keys/ReleaseFindings.java")
        }) {
      String text = Files.readString(source);
      ANCHOR.matcher(text).results().forEach(match -> codes.add(match.group(1)));
      FINDING.matcher(text).results().forEach(match -> codes.add(match.group(1)));
    }
    assertThat(codes).contains("token-spent", "owner-host").hasSizeGreaterThan(10);
    String page = Files.readString(root.resolve("docs/findings.md"));
    assertThat(codes).allSatisfy(code -> assertThat(page).contains("### " + code + "\n"));
  }
}
