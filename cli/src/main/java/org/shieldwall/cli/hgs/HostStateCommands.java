package org.shieldwall.cli.hgs;

import java.time.Instant;
import java.util.Optional;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.store.HostRegister.Moved;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.hgs.store.RegisteredHost.State;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hgs host quarantine | restore | revoke | remove}. */
final class HostStateCommands {
  private HostStateCommands() {}

  /** What the four have in common: a host, and whether to look first. */
  private static final class Target {
    @Parameters(paramLabel = "HOST", description = "The host's name.")
    private String host = "";

    @Option(names = "--dry-run", description = "Say what it would come to, and change nothing.")
    private boolean dryRun;

    @Mixin private HgsOptions options = new HgsOptions();

    /** {@return whether only what would happen was asked for, and has been said} */
    boolean dry(String state) {
      if (!dryRun) {
        return false;
      }
      Optional<LastAttestation> last =
          options.administer(admin -> admin.fleet().list()).stream()
              .filter(each -> each.host().name().equals(host))
              .filter(each -> each.host().state() != State.REMOVED)
              .findFirst()
              .orElseThrow(() -> HostCommand.missing(host))
              .last();
      boolean holds =
          last.flatMap(LastAttestation::expires).filter(Instant.now()::isBefore).isPresent();
      options.print(
          Output.object()
              .put("name", host)
              .put("state", state)
              .put("changed", false)
              .put("holdsCertificate", holds),
          () ->
              options
                  .out()
                  .println(
                      "Host "
                          + host
                          + " would be "
                          + state
                          + "; it "
                          + (holds
                              ? "holds a certificate, which would count no more: it could start no"
                                  + " shielded VM"
                              : "holds no good certificate")
                          + ". Nothing was changed (--dry-run)."));
      return true;
    }

    void done(String state, boolean changed) {
      options.print(
          Output.object().put("name", host).put("state", state).put("changed", changed),
          () ->
              options.out().println("Host " + host + (changed ? " is " : " was already ") + state));
    }
  }

  /** For now. */
  @Command(
      name = "quarantine",
      description = {
        "Stop a host for now: it attests no more, and its certificates release no keys from this"
            + " moment.",
        "VMs that run go on running. Lift it with: shieldwall hgs host restore HOST"
      },
      mixinStandardHelpOptions = true)
  static final class Quarantine implements Runnable {
    @Mixin private Target target = new Target();

    @Option(names = "--why", paramLabel = "TEXT", description = "The reason, for the record.")
    private String why = "";

    @Override
    public void run() {
      if (!target.dry("quarantined")) {
        Moved moved =
            target.options.administer(admin -> admin.fleet().quarantine(target.host, why));
        target.done("quarantined", moved == Moved.DONE);
      }
    }
  }

  /** And back. */
  @Command(
      name = "restore",
      description = {
        "Let a quarantined host attest again.",
        "Its old certificates stay worthless: it proves itself anew first."
      },
      mixinStandardHelpOptions = true)
  static final class Restore implements Runnable {
    @Parameters(paramLabel = "HOST", description = "The host's name.")
    private String host = "";

    @Mixin private HgsOptions options = new HgsOptions();

    @Override
    public void run() {
      Moved moved = options.administer(admin -> admin.fleet().restore(host));
      boolean changed = moved == Moved.DONE;
      options.print(
          Output.object().put("name", host).put("state", "registered").put("changed", changed),
          () ->
              options
                  .out()
                  .println(
                      "Host "
                          + host
                          + (changed ? " may attest again" : " may attest, and could before")));
    }
  }

  /** For good. */
  @Command(
      name = "revoke",
      description = {
        "Stop trusting a host's machine: its certificates release no keys from this moment, and the"
            + " certificate of its attestation key is void.",
        "Only registering it again by its identity (hgs host add) brings it back."
      },
      mixinStandardHelpOptions = true)
  static final class Revoke implements Runnable {
    @Mixin private Target target = new Target();

    @Option(names = "--why", paramLabel = "TEXT", description = "The reason, for the record.")
    private String why = "";

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Override
    public void run() {
      if (target.dry("revoked")) {
        return;
      }
      if (!yes) {
        HgsOptions.requireYes(
            "Revoke host " + target.host + "? It can start no shielded VM from then on.",
            "use --yes, or --dry-run to look");
      }
      Moved moved = target.options.administer(admin -> admin.fleet().revoke(target.host, why));
      target.done("revoked", moved == Moved.DONE);
    }
  }

  /** Out of the fleet. */
  @Command(
      name = "remove",
      description = {
        "Remove a host: it attests no more, and its certificates release no keys from now on.",
        "Its name stays bound to its TPM; add it again by the same identity."
      },
      mixinStandardHelpOptions = true)
  static final class Remove implements Runnable {
    @Mixin private Target target = new Target();

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Override
    public void run() {
      if (target.dry("removed")) {
        return;
      }
      if (!yes) {
        HgsOptions.requireYes(
            "Remove host " + target.host + "? It can start no shielded VM from then on.",
            "use --yes, or --dry-run to look");
      }
      if (!target.options.administer(admin -> admin.removeHost(target.host))) {
        throw HostCommand.missing(target.host);
      }
      target.options.print(
          Output.object().put("name", target.host).put("removed", true),
          () -> target.options.out().println("Host " + target.host + " is removed"));
    }
  }
}
