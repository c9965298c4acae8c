package org.shieldwall.cli.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.shieldwall.cli.demo.Demo.Seen;
import org.shieldwall.cli.demo.Demo.Step;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SealedFile;
import tools.jackson.databind.JsonNode;

/** From nothing to a shielded VM that runs, and runs again. */
public final class LifeSteps {
  private static final Duration READY_LIMIT = Duration.ofMinutes(1);
  private static final String HOST = "demo-host";

  private final Demo demo;

  /** The steps on a stage. */
  public LifeSteps(Demo demo) {
    this.demo = demo;
  }

  List<Step> steps() {
    return List.of(
        new Step("hgs-ready", true, this::hgsReady),
        new Step("host-registered", true, this::hostRegistered),
        new Step("template-signed", true, this::templateSigned),
        new Step("shielding-data-made", true, this::shieldingDataMade),
        new Step("vm-provisioned", true, this::vmProvisioned),
        new Step("vm-started", true, this::vmStarted),
        new Step("vm-restarted", true, this::vmRestarted));
  }

  private Seen hgsReady() throws IOException, InterruptedException {
    Command.run("hgs", "init", "--dir", demo.hgs, "--listen", "127.0.0.1:" + demo.hgsPort).orFail();
    Process service = Command.start(demo.hgsLog, "hgs", "serve", "--json", "--dir", demo.hgs);
    demo.remember(service);
    long limit = System.nanoTime() + READY_LIMIT.toNanos();
    while (!Files.readString(demo.hgsLog).contains("\"ready\":true")) {
      if (service.waitFor(50, TimeUnit.MILLISECONDS) || System.nanoTime() > limit) {
        throw new StepFailure(
            "the service did not start: " + Files.readString(demo.hgsLog).strip());
      }
    }
    return Seen.that("serving at " + demo.hgsUrl());
  }

  private Seen hostRegistered() throws Exception {
    if (demo.tpm instanceof HostsTpm.Played) {
      demo.machine.boot(demo.bootLog);
    }
    register(demo.host, HOST, demo.tpm(), demo.eventLog());
    Command.run(
            "hgs",
            "baseline",
            "add",
            demo.eventLog(),
            "--name",
            "demo-boot",
            "--yes",
            "--dir",
            demo.hgs)
        .orFail();
    demo.host.start();
    JsonNode healthy = demo.host.run("host", "attest").orFail().output();
    return Seen.that(
        "healthy by TPM until "
            + healthy.path("expires").asString()
            + ", baselines "
            + healthy.path("claims").path("baselines"));
  }

  /** Sets a host up and registers its TPM. */
  public void register(GuardedHost host, String name, String tpm, Path eventLog)
      throws IOException {
    initialise(host, name, tpm, eventLog);
    Path identity = host.directory().resolve("identity.json");
    host.run("host", "identity", "--out", identity).orFail();
    Command.run("hgs", "host", "add", identity, "--dir", demo.hgs).orFail();
  }

  /** Sets a host up and registers nothing. */
  public void initialise(GuardedHost host, String name, String tpm, Path eventLog)
      throws IOException {
    host.run(
            "host",
            "init",
            "--name",
            name,
            "--hgs",
            demo.hgsUrl(),
            "--hgs-certificate",
            demo.hgsCertificate(),
            "--tpm",
            tpm,
            "--event-log",
            eventLog)
        .orFail();
  }

  private Seen templateSigned() throws IOException {
    Files.createDirectories(demo.owner);
    Path key = ownerKey();
    Command.run(
            "owner", "guardian", "new", "--name", "signer", "--key-file", key, "--out", demo.owner)
        .orFail();
    JsonNode signed =
        Command.run(
                "owner",
                "template",
                "sign",
                demo.template.resolve("template.img"),
                "--name",
                "debian-web",
                "--version",
                "1.0.0",
                "--secure-boot-certificate",
                demo.template.resolve("secureboot.crt"),
                "--signer",
                demo.owner.resolve("signer.guardian-key.json"),
                "--key-file",
                key,
                "--out",
                catalog())
            .orFail()
            .output();
    Command.run(
            "owner",
            "template",
            "check",
            demo.template.resolve("template.img"),
            "--catalog",
            catalog())
        .orFail();
    return Seen.that(
        "debian-web 1.0.0, "
            + (signed.path("bytes").asLong() >> 20)
            + " MiB in "
            + signed.path("partitions").asInt()
            + " partitions, hashed, signed and checked");
  }

  private Seen shieldingDataMade() throws IOException {
    Path key = ownerKey();
    Command.run(
            "owner", "guardian", "new", "--name", "tenant", "--key-file", key, "--out", demo.owner)
        .orFail();
    Path provider = demo.owner.resolve("provider.json");
    JsonNode shown =
        Command.run("hgs", "guardian", "show", "--out", provider, "--dir", demo.hgs)
            .orFail()
            .output();
    JsonNode taken =
        Command.run(
                "owner",
                "guardian",
                "import",
                provider,
                "--id",
                shown.path("id").asString(),
                "--out",
                demo.owner)
            .orFail()
            .output();
    Path userData = demo.owner.resolve("user-data");
    Files.createFile(
        userData,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        userData,
        "#!/bin/sh\nmkdir -p /srv/www\nprintf '%s' '" + demo.secret + "' >/srv/www/secret\n",
        StandardCharsets.US_ASCII);
    Command.run(
            "owner",
            "data",
            "new",
            "--owner",
            demo.owner.resolve("tenant.guardian-key.json"),
            "--key-file",
            key,
            "--guardian",
            taken.path("imported").asString(),
            "--catalog",
            catalog(),
            "--file",
            "user-data=" + userData,
            "--out",
            data())
        .orFail();
    return Seen.that("a secret of " + demo.secret.length() + " characters is sealed in it");
  }

  private Seen vmProvisioned() throws Exception {
    JsonNode vm =
        demo.host
            .run(
                "vm",
                "create",
                "--name",
                "web",
                "--template",
                demo.template.resolve("template.img"),
                "--catalog",
                catalog(),
                "--data",
                data(),
                "--memory",
                512,
                "--forward",
                "127.0.0.1:" + demo.webPort + ":80")
            .orFail()
            .output();
    // What a backup would hold, taken while the VM is new: it must not start later.
    Trees.copy(demo.host.store().resolve("web"), demo.work.resolve("backup"));
    return Seen.that(
        "VM " + vm.path("id").asString() + ", generation " + vm.path("generation").asLong());
  }

  private Seen vmStarted() throws Exception {
    JsonNode started = demo.host.run("vm", "start", "web").orFail().output();
    return Seen.that(
        "the guest on "
            + started.path("accelerator").asString()
            + " answers with the owner's secret"
            + page().serves(started));
  }

  private Seen vmRestarted() throws Exception {
    Path vm = demo.host.store().resolve("web");
    KeyRoll.Generation old = KeyRoll.Generation.of(vm);
    long before = demo.host.run("vm", "show", "web").orFail().output().path("generation").asLong();
    demo.host.run("vm", "stop", "web").orFail();
    JsonNode started = demo.host.run("vm", "start", "web").orFail().output();
    String served = page().serves(started);
    long after = started.path("generation").asLong();
    if (after <= before) {
      throw new StepFailure("the generation went from " + before + " to " + after);
    }
    KeyRoll.require(old, KeyRoll.Generation.of(vm), tenant());
    return Seen.that(
        "key rolled, generation "
            + before
            + " to "
            + after
            + ": each state opens with its own key alone; same secret served"
            + served);
  }

  private GuestPage page() {
    return new GuestPage(demo.host, demo.webPort, demo.secret);
  }

  private GuardianKey tenant() throws ProtectorException {
    return GuardianKey.open(
        demo.owner.resolve("tenant.guardian-key.json"),
        new SealedFile.Unlock.KeyFile(ownerKey()),
        new SecureRandom());
  }

  private Path ownerKey() {
    return demo.owner.resolve("owner.key");
  }

  private Path catalog() {
    return demo.work.resolve("debian-web.catalog.json");
  }

  private Path data() {
    return demo.work.resolve("web.shielding.json");
  }
}
