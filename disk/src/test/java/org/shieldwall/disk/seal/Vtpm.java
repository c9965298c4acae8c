package org.shieldwall.disk.seal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.shieldwall.disk.Program;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/** A real swtpm with an empty state, for one test. */
public final class Vtpm implements AutoCloseable {
  private final Path folder;
  private SwtpmProcess process;

  private Vtpm(Path folder, SwtpmProcess process) {
    this.folder = folder;
    this.process = process;
  }

  /** Starts it; skips the test where there is no swtpm. */
  public static Vtpm start() throws IOException {
    Program.require("swtpm", "swtpm");
    // Unix sockets need a short path, shorter than JUnit's folders may be.
    Path folder = Files.createTempDirectory("vtpm");
    Files.createDirectories(folder.resolve("state"));
    SwtpmProcess process = SwtpmProcess.start(options(folder));
    // The stock library looks for the control channel beside the data socket.
    Files.createSymbolicLink(
        folder.resolve("data.sock.ctrl"), process.options().controlSocketPath());
    return new Vtpm(folder, process);
  }

  private static SwtpmOptions options(Path folder) {
    return SwtpmOptions.standalone(folder.resolve("state"), folder);
  }

  /** Off and on again, and one event measured into PCR 7, as firmware does it. */
  public void boot(Bytes event) throws IOException, TpmException {
    process.close();
    process = SwtpmProcess.start(options(folder));
    try (Tpm tpm = connect()) {
      tpm.pcrs().extend(7, Map.of(TpmHash.SHA256, event));
    }
  }

  /** {@return a connection; close it before the next} */
  public Tpm connect() throws IOException, TpmException {
    return process.connect();
  }

  /** {@return how stock tools name it} */
  public String tcti() {
    return "swtpm:path=" + process.options().dataSocketPath();
  }

  /** Ends it as a loss of power would. */
  public void kill() {
    process.kill();
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
