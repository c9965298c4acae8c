package org.shieldwall.cli.host;

import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.host.attest.AttestationSetting.Directory;
import org.shieldwall.protocol.AttestationMode;
import picocli.CommandLine.Option;

/** How a host that is being set up will attest. */
final class ModeOptions {
  private static final String IN_TPM = "tpm";

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "tpm",
      description = "How it attests: tpm (default), host-key or directory.")
  private String mode = "tpm";

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description =
          "Host-key mode: the file of its key, or tpm for a key in its TPM. Default:"
              + " host-key.pem in the host's directory.")
  private @Nullable String key;

  @Option(
      names = "--keytab",
      paramLabel = "FILE",
      description = "Directory mode: the machine account's keytab. Default: /etc/krb5.keytab.")
  private @Nullable Path keytab;

  @Option(
      names = "--realm",
      paramLabel = "REALM",
      description = "Directory mode: the Kerberos realm, in capitals.")
  private @Nullable String realm;

  @Option(
      names = "--account",
      paramLabel = "NAME",
      description = "Directory mode: the machine's account. Default: the host's name and a $.")
  private @Nullable String account;

  @Option(
      names = "--service",
      paramLabel = "PRINCIPAL",
      description =
          "Directory mode: the service's principal. Default: shieldwall/ and the host in --hgs.")
  private @Nullable String service;

  @Option(
      names = "--krb5-conf",
      paramLabel = "FILE",
      description = "Directory mode: Kerberos's configuration. Default: /etc/krb5.conf.")
  private @Nullable Path kerberos;

  /** {@return the setting} */
  AttestationSetting setting(Path directory, String host, URI hgs) {
    AttestationMode wanted =
        AttestationMode.ofId(mode)
            .orElseThrow(() ->
                new Failure(
                    "there is no mode " + mode, "tpm, host-key or directory", Failure.MALFORMED));
    return switch (wanted) {
      case TPM -> new AttestationSetting.Tpm();
      case HOST_KEY ->
          new AttestationSetting.HostKey(
              IN_TPM.equals(key)
                  ? Optional.empty()
                  : Optional.of(
                      key == null
                          ? directory.resolve("host-key.pem")
                          : Path.of(key).toAbsolutePath()));
      case DIRECTORY -> directory(host, hgs);
    };
  }

  private Directory directory(String host, URI hgs) {
    if (realm == null) {
      throw new Failure("directory mode needs the realm", "--realm EXAMPLE.ORG", Failure.MALFORMED);
    }
    String machine =
        account == null ? host.split("\\.", 2)[0].toUpperCase(Locale.ROOT) + "$" : account;
    String principal = service == null ? Directory.SERVICE_CLASS + "/" + hgs.getHost() : service;
    return new Directory(
        keytab == null ? Directory.USUAL_KEYTAB : keytab.toAbsolutePath(),
        machine + "@" + realm,
        principal + "@" + realm,
        kerberos == null ? Directory.USUAL_KERBEROS : kerberos.toAbsolutePath());
  }
}
