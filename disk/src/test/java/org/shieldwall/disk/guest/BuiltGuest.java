package org.shieldwall.disk.guest;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.concurrent.TimeUnit;

/**
 * What the scripts of the folder guest make from Debian packages. The scripts do nothing when it is
 * there; a test is skipped, with the script's own words, where it cannot be made.
 */
record BuiltGuest(Path folder) {
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root"));

  /** Boot disks without a root file system (guest/build-probe). */
  static BuiltGuest probe() throws IOException, InterruptedException {
    return built("build-probe", "probe");
  }

  /** The demonstration template (guest/build-template). */
  static BuiltGuest template() throws IOException, InterruptedException {
    return built("build-template", "guest");
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  X509Certificate certificate() throws IOException, CertificateException {
    try (InputStream in = Files.newInputStream(file("secureboot.crt"))) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private static BuiltGuest built(String script, String output)
      throws IOException, InterruptedException {
    File said = File.createTempFile("guest", ".log");
    try {
      Process process =
          new ProcessBuilder(ROOT.resolve("guest").resolve(script).toString())
              .redirectErrorStream(true)
              .redirectOutput(said)
              .start();
      boolean ended = process.waitFor(5, TimeUnit.MINUTES);
      if (!ended) {
        process.destroy();
      }
      boolean made = ended && process.exitValue() == 0;
      assumeTrue(made, "guest/" + script + ": " + Files.readString(said.toPath()));
      return new BuiltGuest(ROOT.resolve("build").resolve(output));
    } finally {
      Files.delete(said.toPath());
    }
  }
}
