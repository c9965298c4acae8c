package org.shieldwall.cli.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.host.PlayedHost.Said;
import org.shieldwall.host.agent.HostAgent;
import org.shieldwall.host.agent.Pace;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import tools.jackson.databind.JsonNode;

/**
 * The agent attests by itself when its host changes, and {@code host trace} says why it is healthy
 * or is not: a real TPM, enclave, agent and service.
 */
@Timeout(120)
class ReattestationTest {
  private static final Bytes ALLOWED = TpmHash.SHA256.hash(Bytes.ofText("a program"));
  private static final Bytes OTHER = TpmHash.SHA256.hash(Bytes.ofText("another program"));

  /** As a host keeps to, in hundredths of the time. */
  private static final Pace QUICK =
      new Pace(
          Duration.ofMillis(10),
          Duration.ofMillis(100),
          Duration.ofMillis(20),
          Duration.ofMillis(100),
          Duration.ofMillis(50),
          Duration.ofMillis(600),
          Duration.ofSeconds(30),
          Duration.ofSeconds(30));

  @TempDir Path folder;

  private static JsonNode await(PlayedHost host, Predicate<JsonNode> wanted) {
    long limit = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      Said said = host.host("status", "--json");
      if (said.exitCode() == 0 && wanted.test(said.json())) {
        return said.json();
      }
      assertThat(System.nanoTime()).as(said.out()).isLessThan(limit);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private static boolean isLast(JsonNode status, String cause, String outcome) {
    return status.at("/attestation/last/cause").asString().equals(cause)
        && status.at("/attestation/last/outcome").asString().equals(outcome);
  }

  private static void register(PlayedHost host, ServingHgs hgs, Path capture) {
    assertThat(host.host("capture", "--out", capture).exitCode()).isZero();
    Said added = hgs.hgs("host", "add", capture);
    assertThat(added.exitCode()).as(added.out() + added.err()).isZero();
    Said baseline = hgs.hgs("baseline", "add", capture, "--name", "played", "--yes");
    assertThat(baseline.exitCode()).as(baseline.out() + baseline.err()).isZero();
  }

  @Test
  void givenAHealthyHostWhenItChangesThenItAttestsByItselfAndIsRefusedForWhatChanged()
      throws Exception {
    Bytes aggregate;
    try (PlayedHost host = PlayedHost.boot(folder)) {
      aggregate = host.bootAggregate();
      try (ServingHgs hgs =
          ServingHgs.allowing(folder.resolve("hgs"), List.of(aggregate, ALLOWED))) {
        host.init(hgs.url(), hgs.certificate());
        register(host, hgs, folder.resolve("played.capture.json"));
        try (HostAgent agent = HostAgent.start(host.config(), QUICK)) {
          JsonNode status = await(host, each -> isLast(each, "start", "healthy"));
          assertThat(status.at("/attestation/next/cause").asString()).isEqualTo("half-life");
          assertThat(status.at("/attestation/filesMeasured").asInt()).isEqualTo(2);
          byte[] first = Files.readAllBytes(host.directory().resolve("health.der"));
          Said trace = host.host("trace", "--json");
          assertThat(trace.exitCode()).as(trace.out() + trace.err()).isZero();
          assertThat(trace.json().path("verdict").asString()).isEqualTo("healthy");

          host.measureFile("/usr/bin/program", ALLOWED);

          status = await(host, each -> isLast(each, "files-measured", "healthy"));
          assertThat(status.at("/attestation/last/detail").asString())
              .isEqualTo("3 entries, were 2");
          assertThat(Files.readAllBytes(host.directory().resolve("health.der")))
              .isNotEqualTo(first);

          host.measureFile("/tmp/other", OTHER);

          status = await(host, each -> isLast(each, "files-measured", "ima-not-allowed"));
          assertThat(status.path("healthy").asBoolean()).isFalse();
          assertThat(host.host("status").out())
              .contains("files", "4 measured", "the kernel has measured more files");
          trace = host.host("trace", "--plain");
          assertThat(trace.exitCode()).isEqualTo(Failure.REFUSED);
          assertThat(trace.out())
              .contains("refused under policy", "the service also found ima-not-allowed");
          Path policy = folder.resolve("hgs/policy.toml");
          Files.writeString(policy, ServingHgs.POLICY);
          trace = host.host("trace", "--plain", "--policy", policy, "--baseline", host.log());
          assertThat(trace.exitCode()).isEqualTo(Failure.REFUSED);
          assertThat(trace.out())
              .contains("under policy default, version 2", "FAIL code-integrity", "/tmp/other")
              .contains("ok   boot-baseline")
              .doesNotContain("the service also found");
          Files.writeString(policy, ServingHgs.POLICY + "mistyped = 1\n");
          trace = host.host("trace", "--policy", policy);
          assertThat(trace.exitCode()).isEqualTo(Failure.MALFORMED);
          assertThat(trace.err()).contains("line 6", "mistyped");
          assertThat(agent.isAlive()).isTrue();
        }
      }
    }
  }

  @Test
  void givenAPcrExtendedBehindTheAgentsBackThenItAttestsAtOnceAndTheTraceNamesThePcr()
      throws Exception {
    try (PlayedHost host = PlayedHost.boot(folder);
        ServingHgs hgs =
            ServingHgs.allowing(folder.resolve("hgs"), List.of(host.bootAggregate()))) {
      host.init(hgs.url(), hgs.certificate());
      register(host, hgs, folder.resolve("played.capture.json"));
      try (HostAgent agent = HostAgent.start(host.config(), QUICK)) {
        await(host, each -> isLast(each, "start", "healthy"));

        host.extend(15, "another enclave");

        JsonNode status =
            await(host, each -> isLast(each, "pcr-changed", "enclave-key-not-measured"));
        assertThat(status.at("/attestation/last/detail").asString())
            .isEqualTo("PCR 15 was extended");
        Said trace = host.host("trace", "--plain");
        assertThat(trace.exitCode()).isEqualTo(Failure.REFUSED);
        assertThat(trace.out())
            .contains(
                "FAIL enclave-measured",
                "mend it   reboot the host",
                "see       docs/policy.md#enclave-measured, docs/findings.md#enclave-key-not-measured",
                "the last attestation: enclave-key-not-measured");
        assertThat(agent.isAlive()).isTrue();
      }
    }
  }

  @Test
  void givenAHostThatTheServiceDoesNotKnowThenTheTraceSaysWhatItSaidAndACaptureLeavesItOpen()
      throws Exception {
    Path file = folder.resolve("played.capture.json");
    try (PlayedHost host = PlayedHost.boot(folder);
        ServingHgs hgs = ServingHgs.allowing(folder.resolve("hgs"), List.of(ALLOWED))) {
      host.init(hgs.url(), hgs.certificate());
      Said alone = host.host("trace", "--plain");
      assertThat(alone.exitCode()).isEqualTo(Failure.REFUSED);
      assertThat(alone.out())
          .contains("no agent answers", "shieldwall host serve", "?    ek-registered");
      try (HostAgent agent = HostAgent.start(host.config(), QUICK)) {
        await(host, each -> isLast(each, "start", "ek-not-registered"));
        Said trace = host.host("trace", "--json");
        assertThat(trace.exitCode()).isEqualTo(Failure.REFUSED);
        assertThat(trace.json().at("/checks/0/check").asString()).isEqualTo("ek-registered");
        assertThat(trace.json().at("/checks/0/outcome").asString()).isEqualTo("fail");
        assertThat(trace.json().at("/checks/0/findings/0/code").asString())
            .isEqualTo("ek-not-registered");
        assertThat(trace.json().at("/checks/0/remedy").asString())
            .contains("shieldwall hgs host add");
        assertThat(host.host("capture", "--out", file).exitCode()).isZero();
        assertThat(agent.isAlive()).isTrue();
      }
    }
    onlyWhatTheServiceKnowsIsOpen(file);
  }

  private static void onlyWhatTheServiceKnowsIsOpen(Path capture) {
    Said trace = PlayedHost.type("host", "trace", "--capture", capture, "--json");
    assertThat(trace.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(trace.json().path("verdict").asString()).as(trace.out()).isEqualTo("undecided");
    for (JsonNode check : trace.json().path("checks")) {
      boolean open =
          List.of("ek-registered", "boot-baseline").contains(check.path("check").asString());
      assertThat(check.path("outcome").asString())
          .as(check.toString())
          .isIn(open ? List.of("not-checked") : List.of("pass", "off"));
    }
    assertThat(trace.json().path("notes").toString()).contains("proves nothing about now");
  }
}
