package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.evidence.PcrFileReading;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.AnswerCodec;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.message.RequestCodec;
import org.shieldwall.enclave.worker.MonitorReading;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.hgs.HgsConfig;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.agent.AgentReply;
import org.shieldwall.host.agent.AgentRequest;
import org.shieldwall.host.vm.VmDefinition;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.state.StateException;
import org.shieldwall.tpm.Bytes;

/** What is read on one machine: configuration, sockets, files of administrators, QEMU. */
final class LocalTargets {
  private static final byte[] DIGESTS =
      Seeds.utf8(
          "# what may run\nsha256:" + "ab".repeat(32) + "\nsha256:" + "cd".repeat(32) + "\n");

  private LocalTargets() {}

  static List<FuzzTarget> all() {
    return List.of(
        FuzzTarget.of(
            "hgs-config",
            () ->
                Seeds.texts(
                    "[listen]\naddress = \"127.0.0.1\"\nport = 1\n[certificate]\nvalidity-hours = 8\n"),
            input -> HgsConfig.read(file("hgs.toml", input)),
            HgsException.class),
        FuzzTarget.of(
            "host-config",
            () ->
                Seeds.texts(
                    """
                    name = "rack1"
                    hgs = "https://h"
                    hgs-certificate = "h.pem"
                    tpm = "swtpm:/s"
                    enclave-user = 1
                    """),
            input -> HostConfig.read(file("host.toml", input).getParent()),
            AgentException.class),
        FuzzTarget.of(
            "policy",
            () ->
                Seeds.texts(
                    """
                    name = "compute"
                    version = 3
                    [checks.kernel-lockdown]
                    enabled = true
                    mode = "integrity"
                    [checks.boot-baseline]
                    enabled = true
                    any-of = ["rack7"]
                    [checks.code-integrity]
                    enabled = true
                    allow = "digests"
                    """),
            input ->
                PolicyReader.read(
                    "policy.toml",
                    new String(input, StandardCharsets.UTF_8),
                    PolicyFiles.of(Map.of("digests", Bytes.of(DIGESTS)))),
            HgsException.class),
        FuzzTarget.of(
            "policy-digests",
            () -> List.of(DIGESTS),
            input ->
                PolicyReader.read(
                    "policy.toml",
                    """
                    name = "a"
                    version = 1
                    [checks.code-integrity]
                    enabled = true
                    allow = "digests"
                    """,
                    PolicyFiles.of(Map.of("digests", Bytes.of(input)))),
            HgsException.class),
        FuzzTarget.of(
            "boot-baseline",
            () -> List.of(BaselineDocument.toBytes(EvidenceTargets.baseline())),
            input -> {
              BootBaseline read = BaselineDocument.parse(input);
              require(
                  BaselineDocument.parse(BaselineDocument.toBytes(read)).equals(read),
                  "a baseline reads as printed");
            },
            ProtectorException.class),
        FuzzTarget.of(
            "vm-definition",
            () ->
                Seeds.texts(
                    "{\"format\":\"shieldwall-vm-1\",\"name\":\"web\",\"id\":"
                        + "\"00000000-0000-0001-0000-000000000002\",\"cpus\":1,\"memory\":512,"
                        + "\"network\":{\"forwards\":[\"127.0.0.1:8080:80\"]}}",
                    "{\"format\":\"shieldwall-vm-1\",\"name\":\"web\",\"id\":"
                        + "\"00000000-0000-0001-0000-000000000002\",\"cpus\":1,\"memory\":512,"
                        + "\"network\":{\"tap\":\"tap0\"}}"),
            input -> {
              VmDefinition read = VmDefinition.parse(input);
              require(
                  VmDefinition.parse(Json.bytes(read.toJson())).equals(read),
                  "a definition reads as printed");
            },
            ProtectorException.class),
        FuzzTarget.of(
            "agent-request",
            () ->
                Seeds.texts(
                    "{\"do\":\"status\"}",
                    "{\"do\":\"vm-stop\",\"name\":\"web\",\"force\":false,\"wait\":5}",
                    "{\"do\":\"vm-create\",\"name\":\"web\",\"template\":\"/t\",\"catalog\":\"/c\","
                        + "\"data\":\"/d\",\"cpus\":1,\"memory\":512,\"disk\":0,"
                        + "\"network\":{\"forwards\":[]}}"),
            AgentRequest::parse,
            ProtectorException.class),
        FuzzTarget.of(
            "agent-reply",
            () ->
                Seeds.texts(
                    "{\"working\":{\"stage\":\"s\",\"done\":1,\"total\":2}}",
                    "{\"done\":{}}",
                    "{\"failed\":{\"kind\":\"UNAVAILABLE\",\"code\":\"c\",\"what\":\"w\","
                        + "\"remedy\":\"r\",\"findings\":[]}}"),
            AgentReply::parse,
            ProtectorException.class),
        FuzzTarget.of(
            "enclave-request",
            () ->
                Seeds.texts(
                    "{\"type\":\"keys\"}",
                    "{\"type\":\"stop\",\"vm\":\"00000000-0000-0001-0000-000000000002\","
                        + "\"how\":\"kill\",\"wait\":1}",
                    "{\"type\":\"start\",\"session\":\"s\",\"release\":{},\"directory\":\"/d\","
                        + "\"definition\":{\"name\":\"n\",\"cpus\":1,\"memory\":256},"
                        + "\"network\":\"none\"}",
                    "{\"type\":\"provision\",\"session\":\"s\",\"release\":{},\"shieldingData\":{},"
                        + "\"catalog\":{},\"directory\":\"/d\",\"diskBytes\":0}"),
            input -> {
              Request read = RequestCodec.decode(input);
              require(
                  RequestCodec.decode(RequestCodec.encode(read)).equals(read),
                  "a request reads as printed");
            },
            ProtectorException.class),
        FuzzTarget.of(
            "enclave-answer",
            () ->
                Seeds.texts(
                    "{\"type\":\"refused\",\"code\":\"c\",\"detail\":\"d\",\"remedy\":\"r\"}",
                    "{\"type\":\"started\",\"vm\":\"00000000-0000-0001-0000-000000000002\","
                        + "\"accelerator\":\"tcg\",\"generation\":1,\"milliseconds\":5}",
                    "{\"type\":\"progress\",\"stage\":\"s\",\"done\":1,\"total\":2}"),
            input -> {
              Answer read = AnswerCodec.decode(input);
              require(
                  AnswerCodec.decode(AnswerCodec.encode(read)).equals(read),
                  "an answer reads as printed");
            },
            ProtectorException.class),
        FuzzTarget.of(
            "state-container",
            StateSeeds::all,
            input -> {
              byte[] content = StateSeeds.open(input);
              require(
                  Arrays.equals(StateSeeds.open(StateSeeds.seal(content)), content),
                  "a container's content reads as sealed");
            },
            StateException.class),
        FuzzTarget.of(
            "qemu-monitor",
            () ->
                Seeds.texts(
                    "{\"QMP\":{}}\r\n{\"return\":{}}\r\n{\"return\":{\"status\":\"running\"}}\r\n",
                    """
                    {"QMP":{}}
                    {"event":"STOP"}
                    {"return":{}}
                    {"error":{"class":"x","desc":"d"}}
                    """),
            MonitorReading::read,
            IOException.class),
        FuzzTarget.of(
            "pcr-file",
            () ->
                Seeds.texts(
                    "{\"sha256\":{\"7\":\"" + "ab".repeat(32) + "\"}}",
                    "  sha256:\n    7 : 0x" + "AB".repeat(32) + "\n"),
            input -> PcrFileReading.read(file("pcrs", input)),
            Failure.class));
  }

  private static Path file(String name, byte[] content) {
    try {
      Path folder = Folder.PATH;
      Files.createDirectories(folder);
      return Files.write(folder.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One folder for the whole run, since a file is written for each input. */
  private static final class Folder {
    static final Path PATH = make();

    private static Path make() {
      try {
        Path made = Files.createTempDirectory("fuzz");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(made), "remove " + made));
        return made;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void remove(Path folder) {
      try (var files = Files.list(folder)) {
        for (Path each : files.toList()) {
          Files.delete(each);
        }
        Files.delete(folder);
      } catch (IOException e) {
        // What is left lies in the folder for temporary files.
      }
    }
  }
}
