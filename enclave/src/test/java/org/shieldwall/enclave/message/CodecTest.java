package org.shieldwall.enclave.message;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ObjectNode;

class CodecTest {
  private static final UUID VM = UUID.fromString("00000000-0000-0001-0000-000000000002");
  private static final ObjectNode DOCUMENT = Json.object().put("format", "x");

  static Stream<Request> requests() {
    return Stream.of(
        new Request.Keys(),
        new Request.Prepare(Request.Purpose.START, DOCUMENT),
        new Request.Provision("s", DOCUMENT, DOCUMENT, DOCUMENT, Path.of("/vms/a"), 1L << 40),
        new Request.Start(
            "s",
            DOCUMENT,
            Path.of("/vms/a"),
            new Request.Definition("a", 2, 512),
            Request.Network.STREAM,
            Request.Saved.USE),
        new Request.Save(VM),
        new Request.Offer(VM, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        new Request.Send(VM),
        new Request.TakeBack(VM),
        new Request.Receive(
            "abc",
            Json.object().put("r", 1),
            Path.of("/vm"),
            new Request.Definition("web", 2, 512),
            Request.Network.STREAM),
        new Request.Stop(VM, Request.How.KILL, 0),
        new Request.Open(VM, Request.Door.SERIAL),
        new Request.Report(VM),
        new Request.Leased(VM, DOCUMENT),
        new Request.Status(Optional.empty()),
        new Request.Status(Optional.of(VM)));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void givenARequestWhenWrittenAndReadThenItIsTheSame(Request request) throws Exception {
    assertThat(RequestCodec.decode(RequestCodec.encode(request))).isEqualTo(request);
  }

  static Stream<Answer> answers() {
    Answer.Confinement confinement =
        new Answer.Confinement(61999, true, true, false, "memfd_secret", List.of("a sentence"));
    Instant since = Instant.parse("2026-01-01T00:00:00Z");
    Answer.VmLease lease = new Answer.VmLease("held", 3000, 3600);
    return Stream.of(
        new Answer.Reported(VM, DOCUMENT),
        new Answer.Leased(VM, lease),
        new Answer.Progress("copying", 1, 2),
        new Answer.EnclaveKeys(DOCUMENT, "id", confinement),
        new Answer.Prepared("s", DOCUMENT),
        new Answer.Provisioned(VM),
        new Answer.Started(VM, "tcg", 2, true, 1.5),
        new Answer.Saved(VM, 5, 2.5),
        new Answer.Sent(VM, 5, 0.25, 2.5),
        new Answer.TakenBack(VM),
        new Answer.Stopped(VM, "guest-shutdown", 0.25),
        new Answer.Opened(VM),
        new Answer.EnclaveStatus(
            "id",
            confinement,
            List.of(new Answer.Protection("a", true, "b"), new Answer.Protection("c", false, "d")),
            new Answer.Accelerator("tcg", "no /dev/kvm"),
            List.of(
                new Answer.RunningVm(VM, "a", "running", "tcg", 2, since, Optional.empty(), lease),
                new Answer.RunningVm(
                    VM, "b", "failed", "tcg", 2, since, Optional.of("died"), lease))),
        Refusal.BUSY.because("8 requests are being answered"));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void givenAnAnswerWhenWrittenAndReadThenItIsTheSame(Answer answer) throws Exception {
    assertThat(AnswerCodec.decode(AnswerCodec.encode(answer))).isEqualTo(answer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"type\":\"dump\"}",
        "{\"type\":\"keys\",\"more\":1}",
        "{\"type\":\"keys\",\"type\":\"keys\"}",
        "{\"type\":\"keys\"}{}",
        "{\"type\":\"stop\",\"vm\":\"x\",\"how\":\"kill\",\"wait\":0}",
        "{\"type\":\"stop\",\"vm\":\"00000000-0000-0001-0000-000000000002\",\"how\":\"dump\",\"wait\":0}",
        "{\"type\":\"stop\",\"vm\":\"00000000-0000-0001-0000-000000000002\",\"how\":\"kill\",\"wait\":99999}",
        "{\"type\":\"open\",\"vm\":\"00000000-0000-0001-0000-000000000002\",\"door\":\"monitor\"}",
        "{\"type\":\"report\"}",
        "{\"type\":\"report\",\"vm\":\"00000000-0000-0001-0000-000000000002\",\"event\":\"stopped\"}",
        "{\"type\":\"leased\",\"vm\":\"00000000-0000-0001-0000-000000000002\"}",
        "{\"type\":\"leased\",\"vm\":\"x\",\"lease\":{}}",
        "{\"type\":\"prepare\",\"purpose\":\"read\",\"protector\":{}}",
        "{\"type\":\"start\",\"session\":\"s\",\"release\":{},\"directory\":\"../x\",\"definition\":{\"name\":\"a\",\"cpus\":1,\"memory\":512},\"network\":\"none\"}",
        "{\"type\":\"start\",\"session\":\"s\",\"release\":{},\"directory\":\"/a/../x\",\"definition\":{\"name\":\"a\",\"cpus\":1,\"memory\":512},\"network\":\"none\"}",
        "{\"type\":\"start\",\"session\":\"s\",\"release\":{},\"directory\":\"/x\",\"definition\":{\"name\":\"a\",\"cpus\":65,\"memory\":512},\"network\":\"none\"}",
        "{\"type\":\"start\",\"session\":\"s\",\"release\":{},\"directory\":\"/x\",\"definition\":{\"name\":\"a\",\"cpus\":1,\"memory\":1},\"network\":\"none\"}"
      })
  void givenAnythingElseWhenReadThenItIsRefused(String text) {
    assertThatThrownBy(() -> RequestCodec.decode(text.getBytes(UTF_8)))
        .isInstanceOf(ProtectorException.class);
  }
}
