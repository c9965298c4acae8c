package org.shieldwall.tpm.command;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/** An swtpm with an empty state, in a folder of its own, for one test. */
public final class TestTpm implements AutoCloseable {
  private final Path folder;
  private SwtpmProcess process;

  private TestTpm(Path folder, SwtpmProcess process) {
    this.folder = folder;
    this.process = process;
  }

  public static TestTpm start() throws IOException {
    requireTool("swtpm", "swtpm");
    // Unix sockets need a short path, shorter than JUnit's folders may be.
    Path folder = Files.createTempDirectory("swtpm");
    Files.createDirectories(folder.resolve("state"));
    return new TestTpm(folder, SwtpmProcess.start(options(folder)));
  }

  private static SwtpmOptions options(Path folder) {
    return SwtpmOptions.standalone(folder.resolve("state"), folder);
  }

  public Tpm connect() throws IOException, TpmException {
    return process.connect();
  }

  public SwtpmProcess process() {
    return process;
  }

  /** Power off without warning, and on again. */
  public void powerCycle() throws IOException {
    process.kill();
    process = SwtpmProcess.start(options(folder));
  }

  /** For tpm2-tools. */
  public String tcti() {
    return "swtpm:path=" + process.options().dataSocketPath();
  }

  public static void requireTool(String tool, String debianPackage) {
    boolean found =
        Stream.of(System.getenv().getOrDefault("PATH", "/usr/bin").split(":", -1))
            .anyMatch(each -> Files.isExecutable(Path.of(each, tool)));
    assumeTrue(found, "skipped: no " + tool + "; install the package " + debianPackage);
  }

  @Override
  public void close() throws IOException {
    process.close();
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
