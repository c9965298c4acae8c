package org.shieldwall.hgs.attestation.directory;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/**
 * The directory whose machines may attest.
 *
 * @param realm its Kerberos realm, in capitals
 * @param account the service's account there, without the realm
 * @param service the service's principal, without the realm: {@code shieldwall/hgs.example.org}
 * @param keytab keys of account and service
 * @param ldap its domain controllers, {@code ldap://host[:port]}, tried in this order
 * @param kerberos Kerberos's configuration
 */
public record DirectorySettings(
    String realm, String account, String service, Path keytab, List<URI> ldap, Path kerberos) {
  /** Copies the list. */
  public DirectorySettings {
    ldap = List.copyOf(ldap);
  }

  /** {@return the principal as which the directory is read} */
  String accountPrincipal() {
    return account + "@" + realm;
  }

  /** {@return the principal that tickets must be for} */
  public String servicePrincipal() {
    return service + "@" + realm;
  }
}
