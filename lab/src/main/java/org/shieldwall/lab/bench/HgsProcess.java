package org.shieldwall.lab.bench;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.shieldwall.hgs.HgsFolder;

/** {@code shieldwall hgs serve}, as an administrator starts it, with a heap of 1 GiB at most. */
final class HgsProcess implements AutoCloseable {
  private static final Pattern PORT = Pattern.compile("\"port\":\\s*(\\d+)");
  private static final Pattern USED = Pattern.compile("used (\\d+)K");

  private final Process process;
  private final HgsFolder folder;
  private final int port;
  private final Duration start;

  private HgsProcess(Process process, HgsFolder folder, int port, Duration start) {
    this.process = process;
    this.folder = folder;
    this.port = port;
    this.start = start;
  }

  /** {@return the service of {@code folder}, ready} */
  static HgsProcess start(HgsFolder folder) throws IOException {
    Path root = Path.of(System.getProperty("shieldwall.root", ".")).toAbsolutePath();
    ProcessBuilder command =
        new ProcessBuilder(
                root.resolve("shieldwall").toString(),
                "hgs",
                "serve",
                "--json",
                "--dir",
                folder.path().toString(),
                "--listen",
                "127.0.0.1:0")
            .redirectError(ProcessBuilder.Redirect.appendTo(folder.path().resolve("log").toFile()));
    command.environment().put("JDK_JAVA_OPTIONS", "-Xmx1g " + System.getProperty("bench.java", ""));
    long begun = System.nanoTime();
    Process process = command.start();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      Matcher port = PORT.matcher(line);
      if (port.find()) {
        Duration start = Duration.ofNanos(System.nanoTime() - begun);
        return new HgsProcess(process, folder, Integer.parseInt(port.group(1)), start);
      }
    }
    process.destroyForcibly();
    throw new IOException(
        "the service did not start: " + Files.readString(folder.path().resolve("log")));
  }

  /** {@return how long it took until it answered} */
  Duration startTime() {
    return start;
  }

  TlsConnection connect() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry(
        "hgs",
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(Files.readAllBytes(folder.certificate()))));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext tls = SSLContext.getInstance("TLSv1.3");
    tls.init(null, trust.getTrustManagers(), null);
    return new TlsConnection(tls, port);
  }

  /** {@return memory of the whole process, in MiB} */
  double residentMib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Integer.parseInt(line.replaceAll("\\D", "")) / 1024.0;
      }
    }
    throw new IOException("no VmRSS");
  }

  /** {@return processor time used so far, in seconds} */
  double processorSeconds() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1000.0;
  }

  /** {@return what of the heap is in use after a collection, in MiB} */
  double heapMib() throws IOException, InterruptedException {
    jcmd("GC.run");
    double kib = 0;
    Matcher used = USED.matcher(jcmd("GC.heap_info"));
    for (int space = 0; space < 2 && used.find(); space++) {
      kib += Double.parseDouble(used.group(1));
    }
    return kib / 1024;
  }

  private String jcmd(String what) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                String.valueOf(process.pid()),
                what)
            .redirectErrorStream(true)
            .start();
    String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (jcmd.waitFor() != 0) {
      throw new IOException("jcmd: " + said);
    }
    return said;
  }

  @Override
  public void close() {
    process.destroy();
    if (process.onExit().completeOnTimeout(process, 20, TimeUnit.SECONDS).join().isAlive()) {
      process.destroyForcibly().onExit().join();
    }
  }
}
