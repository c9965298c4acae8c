package org.shieldwall.cli.host;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.shieldwall.cli.Main;
import org.shieldwall.cli.demo.DemoCommand;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEvent;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.attest.Evidence;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A host with an swtpm, into which a genuine firmware log is played, and an IMA list that grows as
 * the kernel's does. What is typed on it goes through the command line.
 */
final class PlayedHost implements AutoCloseable {
  /** What the kernel starts first. */
  static final Bytes INIT = TpmHash.SHA256.hash(Bytes.ofText("init"));

  private final Path folder;
  private final SwtpmProcess swtpm;
  private int files;

  private PlayedHost(Path folder, SwtpmProcess swtpm) {
    this.folder = folder;
    this.swtpm = swtpm;
  }

  /** What a command did. */
  record Said(int exitCode, String out, String err) {
    JsonNode json() {
      return JsonMapper.shared().readTree(out);
    }
  }

  static Said type(Object... words) {
    List<String> arguments = new ArrayList<>();
    for (Object word : words) {
      arguments.add(word.toString());
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Said(exitCode, out.toString(), err.toString());
  }

  /** Boots; the test is skipped, and says so, where swtpm is not installed. */
  static PlayedHost boot(Path folder) throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/swtpm")), "SKIPPED: needs the package swtpm");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    Path place = Files.createDirectories(folder.resolve("tpm"));
    SwtpmProcess swtpm = SwtpmProcess.start(SwtpmOptions.standalone(place, place));
    PlayedHost host = new PlayedHost(folder, swtpm);
    byte[] log;
    try (InputStream in = DemoCommand.class.getResourceAsStream("host-boot-log.bin")) {
      log = in.readAllBytes();
    }
    Files.write(host.log(), log);
    try (Tpm tpm = swtpm.connect()) {
      tpm.startup(Tpm.StartupType.CLEAR);
      for (UntrustedEvent event : UntrustedEventLog.parse(log, LogLimits.DEFAULT).events()) {
        if (event.extendsPcr() && event.pcr() < 16) {
          tpm.pcrs()
              .extend(
                  (int) event.pcr(),
                  Map.of(TpmHash.SHA256, event.digest(TpmHash.SHA256).orElseThrow()));
        }
      }
    }
    host.startMeasuringFiles();
    return host;
  }

  Path log() {
    return folder.resolve("log");
  }

  Path ima() {
    return folder.resolve("ima");
  }

  /** {@return its TPM, as a host's configuration names it} */
  String tpm() {
    return "swtpm:" + swtpm.options().dataSocketPath();
  }

  Path directory() {
    return folder.resolve("host");
  }

  /** {@return {@code host} and the words, typed on this host} */
  Said host(Object... words) {
    List<Object> line = new ArrayList<>(List.of("host"));
    line.addAll(List.of(words));
    line.addAll(List.of("--dir", directory()));
    return type(line.toArray());
  }

  HostConfig config() throws Exception {
    return HostConfig.read(directory());
  }

  /** Sets the host up for a service; not the enclave's user of another agent on this machine. */
  void init(URI hgs, Path certificate) throws Exception {
    HostConfig config =
        new HostConfig(
            directory(),
            "played",
            hgs,
            certificate,
            tpm(),
            new Evidence(log(), ima()),
            HostConfig.ENCLAVE_USER - 3);
    config.create();
    Files.setPosixFilePermissions(directory(), PosixFilePermissions.fromString("rwx--x--x"));
  }

  /** Extends a PCR behind everybody's back. */
  void extend(int pcr, String text) throws Exception {
    try (Tpm tpm = swtpm.connect()) {
      tpm.pcrs().extend(pcr, Map.of(TpmHash.SHA256, TpmHash.SHA256.hash(Bytes.ofText(text))));
    }
  }

  private void startMeasuringFiles() throws Exception {
    measureFile("boot_aggregate", bootAggregate());
    measureFile("/init", INIT);
  }

  /** {@return what the kernel's first entry says: a digest over the PCRs of the boot} */
  Bytes bootAggregate() throws Exception {
    int[] boot = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    Bytes[] all;
    try (Tpm tpm = swtpm.connect()) {
      PcrValues values = tpm.pcrs().read(PcrSelection.of(TpmHash.SHA256, boot));
      all = values.banks().get(TpmHash.SHA256).values().toArray(new Bytes[0]);
    }
    return TpmHash.SHA256.hash(Bytes.concat(all));
  }

  /** Measures a file as the kernel does, into PCR 10 and the list (template ima-ng). */
  void measureFile(String path, Bytes digest) throws Exception {
    byte[] hash = Bytes.concat(Bytes.ofText("sha256:\0"), digest).toArray();
    byte[] file = (path + "\0").getBytes(StandardCharsets.UTF_8);
    Bytes data = Bytes.of(field(hash, file));
    byte[] template = "ima-ng".getBytes(StandardCharsets.US_ASCII);
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    entry.writeBytes(number(10));
    entry.writeBytes(TpmHash.SHA1.hash(data).toArray());
    entry.writeBytes(number(template.length));
    entry.writeBytes(template);
    entry.writeBytes(number(data.length()));
    entry.writeBytes(data.toArray());
    try (Tpm tpm = swtpm.connect()) {
      tpm.pcrs().extend(10, Map.of(TpmHash.SHA256, TpmHash.SHA256.hash(data)));
    }
    Files.write(ima(), entry.toByteArray(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    files++;
    Files.writeString(folder.resolve("runtime_measurements_count"), files + "\n");
  }

  private static byte[] field(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(number(part.length));
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  @Override
  public void close() throws IOException {
    swtpm.close();
  }
}
