package org.shieldwall.enclave.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.enclave.state.DurableFiles;

/**
 * Run once after a build: has the enclave's start recorded into the {@link StartupCache} beside its
 * jar, by a Java process with the enclave's own options and class path.
 */
public final class RecordStart {
  private static final String TRAINING = "org.shieldwall.enclave.StartTraining";

  private RecordStart() {}

  /** Takes no arguments; exit code 1 if nothing was recorded. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path temporary = Files.createTempDirectory("record-start");
    String classPath = EnclaveClassPath.prepare(temporary);
    Path cache = Path.of(classPath.split(":", 2)[0]).resolveSibling(StartupCache.NAME);
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(EnclaveLaunch.JAVA_OPTIONS);
    line.addAll(List.of("-XX:AOTCacheOutput=" + cache, "-cp", classPath, TRAINING));
    line.add(temporary.resolve("door").toString());
    int status = new ProcessBuilder(line).inheritIO().start().waitFor();
    boolean recorded = status == 0 && Files.isRegularFile(cache);
    DurableFiles.delete(temporary);
    System.exit(recorded ? 0 : 1);
  }
}
