package org.shieldwall.hgs.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.shieldwall.hgs.HgsConfig;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.HgsServer;
import org.shieldwall.protector.SealedFile.Unlock;

/** A service in a process of its own, which can be killed. */
public final class ServiceProcess implements AutoCloseable {
  private static final String READY = "port ";

  private final Process process;
  private final int port;

  private ServiceProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** What runs in the other process. */
  public static void main(String[] arguments) throws Exception {
    HgsFolder folder = new HgsFolder(Path.of(arguments[0]));
    HgsConfig config = folder.readConfiguration().listeningOn("127.0.0.1", 0);
    Unlock unlock = new Unlock.KeyFile(config.keyFile().orElseThrow());
    HgsServer server =
        HgsServer.start(folder, config, unlock, InstantSource.system(), new SecureRandom());
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(server::close));
    System.out.println(READY + server.port());
    System.out.flush();
    Thread.currentThread().join();
  }

  public static ServiceProcess start(Path folder) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                ServiceProcess.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(READY)) {
        return new ServiceProcess(process, Integer.parseInt(line.substring(READY.length())));
      }
    }
    process.destroyForcibly();
    throw new IOException("the service did not start");
  }

  public int port() {
    return port;
  }

  /**
   * From now on the service can write no file beyond this length: to it, the disk is full there.
   * The test is skipped, and says so, without util-linux's prlimit.
   */
  public void fillDisk(long bytes) throws IOException, InterruptedException {
    Path prlimit = Path.of("/usr/bin/prlimit");
    assumeTrue(Files.isExecutable(prlimit), "skipped: no prlimit; install the package util-linux");
    int done =
        new ProcessBuilder(prlimit.toString(), "--pid", "" + process.pid(), "--fsize=" + bytes)
            .start()
            .waitFor();
    if (done != 0) {
      throw new IOException("prlimit: " + done);
    }
  }

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** SIGTERM, and whether it ended by itself in time. */
  public boolean terminate() throws InterruptedException {
    process.destroy();
    return process.waitFor(20, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    kill();
  }
}
