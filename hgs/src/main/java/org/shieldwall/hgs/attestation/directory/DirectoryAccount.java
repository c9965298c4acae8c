package org.shieldwall.hgs.attestation.directory;

import java.util.Set;

/**
 * An account as the directory knows it now.
 *
 * @param name sAMAccountName; a machine's ends with {@code $}
 * @param sid its security identifier
 * @param control userAccountControl ([MS-ADTS], section 2.2.16)
 * @param groups SIDs of every security group it is a member of, nested groups and its primary group
 *     included
 */
public record DirectoryAccount(String name, String sid, long control, Set<String> groups) {
  private static final long DISABLED = 0x2;
  private static final long LOCKED = 0x10;
  private static final long WORKSTATION = 0x1000;

  /** Copies the set. */
  public DirectoryAccount {
    groups = Set.copyOf(groups);
  }

  /** {@return whether it may log in} */
  public boolean isEnabled() {
    return (control & (DISABLED | LOCKED)) == 0;
  }

  /** {@return whether it is a member machine's, and neither a person's nor a controller's} */
  public boolean isMachine() {
    return (control & WORKSTATION) != 0 && name.endsWith("$");
  }
}
