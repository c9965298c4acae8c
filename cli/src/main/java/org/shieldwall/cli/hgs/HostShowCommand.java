package org.shieldwall.cli.hgs;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.admin.HostAdministration.Standing;
import org.shieldwall.hgs.endorsement.Endorsement;
import org.shieldwall.hgs.store.AkCertificateRegister;
import org.shieldwall.hgs.store.ExceptionRegister.CheckException;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.hgs.store.RegisteredHost;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs host show}. */
@Command(
    name = "show",
    description =
        "Show what is known of a host: how it stands and why, its policy and exceptions, its TPM and the"
            + " TPM's maker.",
    mixinStandardHelpOptions = true)
final class HostShowCommand implements Runnable {
  @Parameters(paramLabel = "NAME", description = "The host's name.")
  private String name = "";

  @Mixin private HgsOptions options = new HgsOptions();

  private record Shown(
      Standing standing,
      List<CheckException> exceptions,
      Optional<Endorsement> endorsement,
      boolean keyAlone,
      Optional<AkCertificateRegister.Stored> key) {
    RegisteredHost host() {
      return standing.host();
    }
  }

  @Override
  public void run() {
    Shown shown =
        options
            .administer(admin ->
                admin
                    .fleet()
                    .standing(name)
                    .map(each ->
                        new Shown(
                            each,
                            admin.exceptions().list().stream()
                                .filter(one -> one.host().equals(name))
                                .toList(),
                            admin.trust().describe(each.host()),
                            admin.trust().isKeyAlone(each.host()),
                            admin.trust().akCertificate(each.host()))))
            .orElseThrow(() ->
                new Failure(
                    "there is no host " + name, "shieldwall hgs host list", Failure.REFUSED));
    ObjectNode node = Output.object();
    HostCommand.put(node, shown.standing(), Instant.now());
    ArrayNode exceptions = node.putArray("exceptions");
    shown.exceptions().forEach(each -> exceptions.add(HostExceptCommands.node(each)));
    shown.endorsement().ifPresent(each -> EndorsementOutput.put(node, each, shown.keyAlone()));
    node.put("akCertificateExpires", shown.key().map(each -> "" + each.expires()).orElse(""));
    options.print(node, () -> print(shown));
  }

  private void print(Shown shown) {
    RegisteredHost host = shown.host();
    options.out().println("Host " + host.name());
    options.out().println("  mode             " + host.mode().id());
    options.out().println("  state            " + state(host) + " since " + host.changed());
    standing(shown);
    options.out().println("  key              sha256:" + host.ek());
    shown
        .endorsement()
        .ifPresent(each ->
            EndorsementOutput.lines(each, shown.keyAlone()).forEach(options.out()::println));
    shown
        .key()
        .ifPresent(
            each -> options.out().println("  attestation key  certified until " + each.expires()));
  }

  private void standing(Shown shown) {
    Instant now = Instant.now();
    Standing standing = shown.standing();
    options
        .out()
        .println(
            "  stands           "
                + HostCommand.standing(standing, now)
                + standing.barred().map(why -> " (" + why + ")").orElse(""));
    options.out().println("  policy           " + standing.policy());
    if (!standing.host().labels().isEmpty()) {
      options.out().println("  labels           " + String.join(" ", standing.host().labels()));
    }
    for (CheckException each : shown.exceptions()) {
      options
          .out()
          .println(
              "  need not pass    %s until %s%s: %s"
                  .formatted(
                      each.check(),
                      each.expires(),
                      now.isBefore(each.expires()) ? "" : " (over)",
                      each.reason()));
    }
    standing.last().ifPresent(last -> last(last, now));
  }

  private void last(LastAttestation last, Instant now) {
    options
        .out()
        .println(
            "  last attested    "
                + last.at()
                + (last.healthy()
                    ? ", healthy, baselines " + String.join(", ", last.baselines())
                    : ", refused: " + String.join(", ", last.failed())));
    last.certified()
        .ifPresent(at ->
            options
                .out()
                .println(
                    "  proved itself    "
                        + Lasting.ago(at, now)
                        + " ago; its certificate is good until "
                        + last.expires().map(Object::toString).orElse("then")));
  }

  private static String state(RegisteredHost host) {
    return host.state().name().toLowerCase(Locale.ROOT);
  }
}
