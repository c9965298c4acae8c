package org.shieldwall.cli.hgs;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.CaptureFile;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.admin.Administration.HostChange;
import org.shieldwall.hgs.admin.ModeAdministration.HostKeyChange;
import org.shieldwall.hgs.attestation.hostkey.HostKey;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.Capture;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.protocol.HostKeyDocument;
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
      "Or, in host-key mode, by its public key: --key FILE --name NAME (shieldwall host key new).",
      "Says what was found of its TPM and its maker. Given again, it brings that up to date."
    },
    mixinStandardHelpOptions = true)
final class HostAddCommand implements Runnable {
  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "The host's identity, or a capture of it.")
  private @Nullable Path file;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "Host-key mode: the host's public key, in PEM.")
  private @Nullable Path key;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Host-key mode: what the host is called.")
  private @Nullable String name;

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
    if (key != null && name != null && file == null) {
      addKey(key, name);
    } else if (file != null && key == null && name == null) {
      addIdentity(file);
    } else {
      throw new Failure(
          "a host is added by its identity, or by its key and a name",
          "shieldwall hgs host add FILE, or shieldwall hgs host add --key FILE --name NAME",
          Failure.MALFORMED);
    }
  }

  private void addKey(Path pem, String called) {
    HostKey hostKey = hostKey(InputFile.read(pem, HostKeyDocument.MAX_BYTES));
    HostKeyChange change = options.administer(admin -> admin.modes().addHostKey(called, hostKey));
    boolean off =
        options.administer(admin -> admin.modes().list()).stream()
            .anyMatch(state -> state.mode() == AttestationMode.HOST_KEY && state.since().isEmpty());
    options.print(
        Output.object()
            .put("name", called)
            .put("mode", AttestationMode.HOST_KEY.id())
            .put("key", hostKey.id().hex())
            .put("added", change.added() != Added.ALREADY),
        () -> {
          options
              .out()
              .println(
                  "Host "
                      + called
                      + (change.added() == Added.ALREADY
                          ? " was registered already"
                          : " is registered by its key"));
          options.out().println("  host key         sha256:" + hostKey.id().hex());
          if (off) {
            options.out().println("Mode host-key is off: shieldwall hgs mode enable host-key");
          }
        });
  }

  private static HostKey hostKey(byte[] pem) {
    try {
      return HostKey.parsePem(pem);
    } catch (HgsException refused) {
      throw new Failure(refused.what(), refused.hint(), Failure.REFUSED);
    }
  }

  private void addIdentity(Path document) {
    HostIdentity identity = identity(document);
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

  private HostIdentity identity(Path document) {
    try {
      Optional<Capture> capture = CaptureFile.in(document);
      HostIdentity identity =
          capture.isPresent()
              ? capture.get().identity()
              : HostIdentity.parse(InputFile.read(document, HostIdentity.MAX_BYTES));
      return certificate == null
          ? identity
          : new HostIdentity(
              identity.name(),
              identity.ekPublic(),
              Optional.of(MakerCertificates.file(certificate).getFirst().encoded()),
              identity.manufacturer());
    } catch (ProtectorException problem) {
      throw new Failure(
          document + " is no host identity: " + problem.detail(),
          "make it on the host: shieldwall host identity --out FILE",
          Failure.MALFORMED);
    }
  }
}
