package org.shieldwall.hgs.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.tpm.MalformedException;

/** A maker of TPMs with its own root and intermediate: what swtpm_setup and swtpm_localca play. */
public final class TestMaker {
  private final Path folder;

  private TestMaker(Path folder) {
    this.folder = folder;
  }

  /** {@return a new maker}; the test is skipped, and says so, where the tools are missing. */
  public static TestMaker in(Path folder) throws IOException {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/swtpm_setup")),
        "skipped: no swtpm_setup; install the package swtpm-tools");
    Files.createDirectories(folder.resolve("ca"));
    Path authority = folder.resolve("ca").toAbsolutePath();
    Files.writeString(
        folder.resolve("localca.conf"),
        """
        statedir = %1$s
        signingkey = %1$s/signkey.pem
        issuercert = %1$s/issuercert.pem
        certserial = %1$s/certserial
        """
            .formatted(authority));
    Files.writeString(folder.resolve("options.conf"), "");
    Files.writeString(
        folder.resolve("setup.conf"),
        """
        create_certs_tool = /usr/bin/swtpm_localca
        create_certs_tool_config = %1$s/localca.conf
        create_certs_tool_options = %1$s/options.conf
        """
            .formatted(folder.toAbsolutePath()));
    return new TestMaker(folder.toAbsolutePath());
  }

  /** Makes a TPM whose state is in {@code state}: keys, and their certificates in NV memory. */
  public void manufacture(Path state) throws IOException, InterruptedException {
    Process setup =
        new ProcessBuilder(
                "/usr/bin/swtpm_setup",
                "--tpm2",
                "--tpmstate",
                state.toString(),
                "--config",
                folder.resolve("setup.conf").toString(),
                "--create-ek-cert",
                "--not-overwrite",
                "--pcr-banks",
                "sha256")
            .redirectErrorStream(true)
            .start();
    String said = new String(setup.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (setup.waitFor() != 0) {
      throw new IOException("swtpm_setup: " + said);
    }
  }

  /** {@return the root, known after the first TPM was made} */
  public UntrustedCertificate root() throws IOException, MalformedException {
    return certificate("swtpm-localca-rootca-cert.pem");
  }

  /** {@return the certificate that signs TPMs' certificates} */
  public UntrustedCertificate intermediate() throws IOException, MalformedException {
    return certificate("issuercert.pem");
  }

  private UntrustedCertificate certificate(String name) throws IOException, MalformedException {
    return CertificateFile.parse(Files.readAllBytes(folder.resolve("ca").resolve(name))).getFirst();
  }
}
