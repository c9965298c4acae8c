package org.shieldwall.cli.hgs;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.CaptureFile;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.admin.Administration.HostChange;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.Capture;
import org.shieldwall.protocol.HostIdentity;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs host add}. */
@Command(
    name = "add",
    description = {
      "Register a host by its identity file (shieldwall host identity).",
      "Be sure whose machine it is: its TPM will be believed.",
      "Says what was found of its TPM and its maker. Given again, it brings that up to date."
    },
    mixinStandardHelpOptions = true)
final class HostAddCommand implements Runnable {
  @Parameters(paramLabel = "FILE", description = "The host's identity, or a capture of it.")
  private Path file = Path.of("");

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = "The TPM's endorsement certificate, where the TPM does not hold it itself.")
  private @Nullable Path certificate;

  @Option(
      names = "--key-alone",
      description =
          "Register the key without a certificate, also where the service asks for one"
              + " (hgs trust require). Recorded.")
  private boolean keyAlone;

  @Mixin private HgsOptions options = new HgsOptions();

  @Override
  public void run() {
    HostIdentity identity = identity();
    HostChange change = options.administer(admin -> admin.addHost(identity, keyAlone));
    RegisteredHost host = change.host();
    boolean alone = options.administer(admin -> admin.trust().isKeyAlone(host));
    ObjectNode node =
        Output.object()
            .put("name", host.name())
            .put("ek", host.ek())
            .put("added", change.added() == Added.NEW || change.added() == Added.AGAIN)
            .put("updated", change.added() == Added.UPDATED);
    EndorsementOutput.put(node, change.endorsement(), alone);
    options.print(
        node,
        () -> {
          String what =
              switch (change.added()) {
                case AGAIN -> " is registered again";
                case ALREADY -> " was registered already";
                case UPDATED -> " was registered already; what is known of its TPM is new";
                default -> " is registered";
              };
          options.out().println("Host " + host.name() + what);
          options.out().println("  endorsement key  sha256:" + host.ek());
          EndorsementOutput.lines(change.endorsement(), alone).forEach(options.out()::println);
        });
  }

  private HostIdentity identity() {
    try {
      Optional<Capture> capture = CaptureFile.in(file);
      HostIdentity identity =
          capture.isPresent()
              ? capture.get().identity()
              : HostIdentity.parse(InputFile.read(file, HostIdentity.MAX_BYTES));
      return certificate == null
          ? identity
          : new HostIdentity(
              identity.name(),
              identity.ekPublic(),
              Optional.of(MakerCertificates.file(certificate).getFirst().encoded()),
              identity.manufacturer());
    } catch (ProtectorException problem) {
      throw new Failure(
          file + " is no host identity: " + problem.detail(),
          "make it on the host: shieldwall host identity --out FILE",
          Failure.MALFORMED);
    }
  }
}
