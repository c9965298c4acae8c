package org.shieldwall.host.attest;

import java.nio.file.Path;
import java.util.Optional;
import org.shieldwall.protocol.AttestationMode;

/** How this host attests, as {@code host.toml} says it. */
public sealed interface AttestationSetting {
  /** By a measured boot. */
  record Tpm() implements AttestationSetting {
    @Override
    public AttestationMode mode() {
      return AttestationMode.TPM;
    }
  }

  /**
   * By a registered key.
   *
   * @param file PKCS #8 in PEM, mode 0600; empty if the key is in the host's TPM
   */
  record HostKey(Optional<Path> file) implements AttestationSetting {
    @Override
    public AttestationMode mode() {
      return AttestationMode.HOST_KEY;
    }
  }

  /**
   * By a Kerberos ticket of the machine's account.
   *
   * @param keytab the machine account's
   * @param account its principal, {@code NAME$@REALM}
   * @param service the service's principal, {@code shieldwall/hgs.example.org@REALM}
   * @param kerberos Kerberos's configuration, usually {@code /etc/krb5.conf}
   */
  record Directory(Path keytab, String account, String service, Path kerberos)
      implements AttestationSetting {
    /** Where Kerberos's configuration usually is. */
    public static final Path USUAL_KERBEROS = Path.of("/etc/krb5.conf");

    /** Where a machine that has joined a domain keeps its keys. */
    public static final Path USUAL_KEYTAB = Path.of("/etc/krb5.keytab");

    /** The service class of Host Guardian Services. */
    public static final String SERVICE_CLASS = "shieldwall";

    @Override
    public AttestationMode mode() {
      return AttestationMode.DIRECTORY;
    }
  }

  /** {@return the mode} */
  AttestationMode mode();
}
