package org.shieldwall.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.attest.Evidence;
import org.shieldwall.host.vm.GuestNetwork;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;
import tools.jackson.databind.JsonNode;

/** The agent with a real TPM and enclave, and a Host Guardian Service that does not answer. */
@Timeout(90)
class HostAgentTest {

  @TempDir Path folder;
  private SwtpmProcess tpm;
  private HostConfig config;

  @BeforeEach
  void prepare() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/swtpm")), "SKIPPED: needs the package swtpm");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    Path place = Files.createDirectory(folder.resolve("tpm"));
    tpm = SwtpmProcess.start(SwtpmOptions.standalone(place, place));
    Path pem = folder.resolve("hgs.pem");
    makeCertificate(pem);
    int nobodysPort;
    try (ServerSocket socket = new ServerSocket(0)) {
      nobodysPort = socket.getLocalPort();
    }
    config =
        new HostConfig(
            folder,
            "host",
            URI.create("https://127.0.0.1:" + nobodysPort),
            pem,
            "swtpm:" + tpm.options().dataSocketPath(),
            new Evidence(folder.resolve("log"), folder.resolve("ima")),
            HostConfig.ENCLAVE_USER - 2); // not the user of another agent on this machine
    Files.write(folder.resolve("log"), new byte[0]);
  }

  private static void makeCertificate(Path pem) throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/openssl")), "SKIPPED: needs the package openssl");
    Process made =
        new ProcessBuilder(
                List.of(
                    ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
                            + " -subj /CN=127.0.0.1 -keyout /dev/null -out "
                            + pem)
                        .split(" ")))
            .redirectErrorStream(true)
            .start();
    made.getInputStream().readAllBytes();
    assertThat(made.waitFor()).isZero();
  }

  @AfterEach
  void end() {
    if (tpm != null) {
      tpm.close();
    }
  }

  private AgentReply ask(AgentRequest request) throws AgentException {
    return new AgentClient(config.agentSocket()).ask(request, working -> {});
  }

  private JsonNode done(AgentRequest request) throws AgentException {
    return ((AgentReply.Done) ask(request)).result();
  }

  @Test
  void givenNoHgsWhenTheAgentServesThenItSaysWhyItIsNotHealthyAndMakesNothing() throws Exception {
    try (HostAgent agent = HostAgent.start(config)) {
      assertThat(agent.isAlive()).isTrue();
      assertThat(ask(new AgentRequest.Attest()))
          .isInstanceOfSatisfying(
              AgentReply.Failed.class,
              failed -> assertThat(failed.code()).isEqualTo("hgs-unavailable"));
      JsonNode status = done(new AgentRequest.Status());
      assertThat(status.path("healthy").booleanValue()).isFalse();
      assertThat(status.path("lastFailure").path("code").stringValue())
          .isEqualTo("hgs-unavailable");
      assertThat(status.path("enclave").path("ownNetwork").booleanValue()).isTrue();
      assertThat(status.path("enclave").path("ownUser").booleanValue())
          .isEqualTo(ThisProcess.uid() == 0);
      assertThat(done(new AgentRequest.VmList()).path("vms")).isEmpty();
      Path none = Files.writeString(folder.resolve("none.json"), "{\"protector\":{}}");
      assertThat(
              ask(
                  new AgentRequest.VmCreate(
                      "web", none, none, none, 1, 512, 0, new GuestNetwork.Shared(List.of()))))
          .isInstanceOf(AgentReply.Failed.class);
      assertThat(config.store().resolve("web")).doesNotExist();
      assertThat(ask(new AgentRequest.VmStart("web")))
          .isInstanceOfSatisfying(
              AgentReply.Failed.class, failed -> assertThat(failed.code()).isEqualTo("no-such-vm"));
    }
    assertThat(config.agentSocket()).doesNotExist();
  }

  @Test
  void givenARunningAgentWhenAnotherIsStartedThereThenItIsRefusedAndTheFirstGoesOn()
      throws Exception {
    try (HostAgent agent = HostAgent.start(config)) {
      assertThat(done(new AgentRequest.Status()).path("host").stringValue()).isEqualTo("host");
      assertThatThrownBy(() -> HostAgent.start(config))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("socket-taken"));
      assertThat(agent.isAlive()).as("the enclave of the first is not ended").isTrue();
      assertThat(done(new AgentRequest.Status()).path("enclave").path("id").isString()).isTrue();
    }
  }

  @Test
  void givenTheEnclaveKilledWhenTheAgentStartsAgainThenItSaysToReboot() throws Exception {
    try (HostAgent agent = HostAgent.start(config)) {
      ProcessHandle enclave = enclave();
      enclave.destroyForcibly();
      long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (agent.isAlive()) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        LockSupport.parkNanos(10_000_000);
      }
      assertThat(done(new AgentRequest.Status()).path("enclave").has("gone")).isTrue();
    }
    assertThatThrownBy(() -> HostAgent.start(config))
        .isInstanceOfSatisfying(
            AgentException.class,
            e -> {
              assertThat(e.code()).isEqualTo("enclave-already-started");
              assertThat(e.remedy()).isEqualTo("reboot the host");
            });
  }

  private ProcessHandle enclave() throws Exception {
    try (var socket =
        org.shieldwall.enclave.posix.UnixSocket.connect(
            config.enclaveRuntime().resolve("enclave.sock"))) {
      return ProcessHandle.of(socket.peer().pid()).orElseThrow();
    }
  }

  @Test
  void givenAFolderClosedToTheEnclavesUserWhenTheAgentStartsAsRootThenItStartsNoEnclaveAsRoot()
      throws Exception {
    assumeTrue(ThisProcess.uid() == 0, "SKIPPED: needs root, who alone gives the enclave a user");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    assertThatThrownBy(() -> HostAgent.start(config))
        .isInstanceOfSatisfying(
            AgentException.class,
            e -> {
              assertThat(e.code()).isEqualTo("enclave-shut-out");
              assertThat(e).hasMessageContaining(folder + " is closed to others");
              assertThat(e.remedy()).endsWith("chmod o+x " + folder);
            });
    assertThat(config.enclaveRuntime().resolve("enclave.sock")).doesNotExist();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    HostAgent.start(config).close();
  }

  @Test
  void givenATpmThatIsNotThereWhenTheAgentStartsThenItSaysSo() {
    HostConfig wrong =
        new HostConfig(
            config.directory(),
            config.name(),
            config.hgs(),
            config.hgsCertificate(),
            "swtpm:" + folder.resolve("nothing"),
            config.evidence(),
            config.enclaveUser());
    assertThatThrownBy(() -> HostAgent.start(wrong))
        .isInstanceOfSatisfying(
            AgentException.class, e -> assertThat(e.code()).isEqualTo("enclave-not-started"));
  }
}
