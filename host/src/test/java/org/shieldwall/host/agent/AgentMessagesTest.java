package org.shieldwall.host.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.vm.GuestAddress;
import org.shieldwall.host.vm.GuestNetwork;
import org.shieldwall.host.vm.PortForward;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;

class AgentMessagesTest {
  private static List<GuestAddress> addresses(String... texts) {
    return Stream.of(texts).map(text -> GuestAddress.parse(text).orElseThrow()).toList();
  }

  static Stream<AgentRequest> requests() {
    return Stream.of(
        new AgentRequest.Attest(),
        new AgentRequest.Status(),
        new AgentRequest.VmList(),
        new AgentRequest.VmStart("web"),
        new AgentRequest.VmStart(
            "web", Optional.of(Path.of("/tmp/grant.json")), Request.Saved.DISCARD),
        new AgentRequest.VmSave("web"),
        new AgentRequest.VmBackup("web", Path.of("/backups"), true, 3),
        new AgentRequest.VmImport("web", Path.of("/backups"), Optional.empty()),
        new AgentRequest.VmImport("web", Path.of("/b"), Optional.of("20260131T120000.000Z")),
        new AgentRequest.VmShow("web"),
        new AgentRequest.VmDelete("web"),
        new AgentRequest.VmStop("web", true, 0),
        new AgentRequest.VmOpen("web", Request.Door.SCREEN),
        new AgentRequest.VmCreate(
            "web",
            Path.of("/t.img"),
            Path.of("/c.json"),
            Path.of("/d.json"),
            1,
            512,
            0,
            new GuestNetwork.Shared(List.of(new PortForward("127.0.0.1", 1, 2)))),
        new AgentRequest.VmCreate(
            "web",
            Path.of("/t.img"),
            Path.of("/c.json"),
            Path.of("/d.json"),
            1,
            512,
            0,
            new GuestNetwork.Tap("vmtap0", addresses("10.0.0.5", "fd00::5"))));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void givenARequestWhenWrittenAndReadThenItIsTheSame(AgentRequest request) throws Exception {
    assertThat(AgentRequest.parse(request.toBytes())).isEqualTo(request);
  }

  static Stream<AgentReply> replies() {
    return Stream.of(
        new AgentReply.Working("copying", 1, 2),
        new AgentReply.Done(Json.object().put("a", 1)),
        new AgentReply.Failed(
            AgentException.Kind.REFUSED,
            "code",
            "what",
            "",
            List.of(Json.object().put("code", "finding"))));
  }

  @ParameterizedTest
  @MethodSource("replies")
  void givenAReplyWhenWrittenAndReadThenItIsTheSame(AgentReply reply) throws Exception {
    assertThat(AgentReply.parse(reply.toBytes())).isEqualTo(reply);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{\"do\":\"dump\"}",
        "{\"do\":\"attest\",\"more\":1}",
        "{\"do\":\"vm-start\",\"name\":\"../x\"}",
        "{\"do\":\"vm-stop\",\"name\":\"web\",\"force\":false,\"wait\":3601}",
        "{\"do\":\"vm-create\",\"name\":\"web\",\"template\":\"t\",\"catalog\":\"/c\",\"data\":\"/d\",\"cpus\":1,\"memory\":512,\"disk\":0,\"forwards\":[]}"
      })
  void givenAnythingElseWhenReadThenItIsRefused(String text) {
    assertThatThrownBy(() -> AgentRequest.parse(text.getBytes(UTF_8)))
        .isInstanceOf(ProtectorException.class);
  }
}
