package org.shieldwall.cli.hgs;

import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code hgs host revoke-ak}. */
@Command(
    name = "revoke-ak",
    description = {
      "Revoke the certificate of a host's attestation key.",
      "The host may go on attesting: its key shows anew that it lies in the TPM the next time, which"
          + " takes the TPM a moment longer. To end what the host may do: hgs host revoke."
    },
    mixinStandardHelpOptions = true)
final class HostRevokeAkCommand implements Runnable {
  @Parameters(paramLabel = "NAME", description = "The host's name.")
  private String name = "";

  @Mixin private HgsOptions options = new HgsOptions();

  @Override
  public void run() {
    if (!options.administer(admin -> admin.trust().revokeAkCertificate(name))) {
      throw new Failure(
          "there is no certificate of an attestation key of host " + name,
          "shieldwall hgs host show " + name,
          Failure.REFUSED);
    }
    options.print(
        Output.object().put("name", name).put("revoked", true),
        () ->
            options
                .out()
                .println("The certificate of " + name + "'s attestation key counts no more"));
  }
}
