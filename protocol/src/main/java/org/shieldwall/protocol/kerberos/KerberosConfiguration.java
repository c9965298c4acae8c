package org.shieldwall.protocol.kerberos;

import java.nio.file.Path;

/** Which file Kerberos's configuration is in. The JDK knows one in a process. */
public final class KerberosConfiguration {
  private static final String PROPERTY = "java.security.krb5.conf";

  private KerberosConfiguration() {}

  /** From the next login on it is this one. */
  public static void use(Path file) {
    System.setProperty(PROPERTY, file.toString());
  }
}
