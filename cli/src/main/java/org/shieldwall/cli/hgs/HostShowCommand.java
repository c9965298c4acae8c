package org.shieldwall.cli.hgs;

import java.util.Locale;
import java.util.Optional;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.endorsement.Endorsement;
import org.shieldwall.hgs.store.AkCertificateRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs host show}. */
@Command(
    name = "show",
    description = "Show what is known of a host, of its TPM and of the TPM's maker.",
    mixinStandardHelpOptions = true)
final class HostShowCommand implements Runnable {
  @Parameters(paramLabel = "NAME", description = "The host's name.")
  private String name = "";

  @Mixin private HgsOptions options = new HgsOptions();

  private record Shown(
      RegisteredHost host,
      Optional<Endorsement> endorsement,
      boolean keyAlone,
      Optional<AkCertificateRegister.Stored> key) {}

  @Override
  public void run() {
    Shown shown =
        options
            .administer(admin ->
                admin
                    .host(name)
                    .map(host ->
                        new Shown(
                            host,
                            admin.trust().describe(host),
                            admin.trust().isKeyAlone(host),
                            admin.trust().akCertificate(host))))
            .orElseThrow(() ->
                new Failure(
                    "there is no host " + name, "shieldwall hgs host list", Failure.REFUSED));
    RegisteredHost host = shown.host();
    ObjectNode node =
        Output.object()
            .put("name", host.name())
            .put("mode", host.mode().id())
            .put("state", state(host))
            .put("ek", host.ek())
            .put("added", host.added().toString())
            .put("changed", host.changed().toString());
    shown.endorsement().ifPresent(each -> EndorsementOutput.put(node, each, shown.keyAlone()));
    node.put("akCertificateExpires", shown.key().map(each -> "" + each.expires()).orElse(""));
    options.print(node, () -> print(shown));
  }

  private void print(Shown shown) {
    RegisteredHost host = shown.host();
    options.out().println("Host " + host.name());
    options.out().println("  mode             " + host.mode().id());
    options.out().println("  state            " + state(host) + " since " + host.changed());
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

  private static String state(RegisteredHost host) {
    return host.state().name().toLowerCase(Locale.ROOT);
  }
}
