package org.shieldwall.protocol.kerberos;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import javax.security.auth.Subject;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.Oid;

/**
 * A principal, logged in by its keytab: nobody is asked for anything, no ticket cache is read or
 * written, and nothing outlives it.
 */
public final class KerberosLogin implements AutoCloseable {
  /** Negotiation (RFC 4178). */
  public static final Oid SPNEGO = oid("1.3.6.1.5.5.2");

  /** A name as Kerberos writes it, realm included (RFC 1964, section 2.1.1). */
  public static final Oid PRINCIPAL_NAME = oid("1.2.840.113554.1.2.2.1");

  private static final String MODULE = "com.sun.security.auth.module.Krb5LoginModule";
  private static final Object CONFIGURATION = new Object();

  private final LoginContext context;

  private KerberosLogin(LoginContext context) {
    this.context = context;
  }

  private static Oid oid(String text) {
    try {
      return new Oid(text);
    } catch (GSSException e) {
      throw new IllegalStateException(text, e);
    }
  }

  /** Gets a ticket from a domain controller, to speak to services with. */
  public static KerberosLogin initiator(Path kerberos, Path keytab, String principal)
      throws KerberosException {
    return login(kerberos, keytab, principal, true);
  }

  /** Takes the service's keys from its keytab, without asking anybody. */
  public static KerberosLogin acceptor(Path kerberos, Path keytab, String principal)
      throws KerberosException {
    return login(kerberos, keytab, principal, false);
  }

  private static KerberosLogin login(
      Path kerberos, Path keytab, String principal, boolean initiates) throws KerberosException {
    Map<String, String> options = new HashMap<>();
    options.put("useKeyTab", "true");
    options.put("keyTab", keytab.toString());
    options.put("principal", principal);
    options.put("doNotPrompt", "true");
    options.put("isInitiator", String.valueOf(initiates));
    options.put("storeKey", String.valueOf(!initiates));
    options.put("refreshKrb5Config", "true");
    Configuration configuration =
        new Configuration() {
          @Override
          public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
            return new AppConfigurationEntry[] {
              new AppConfigurationEntry(MODULE, LoginModuleControlFlag.REQUIRED, options)
            };
          }
        };
    // The JDK knows one configuration of Kerberos in a process.
    synchronized (CONFIGURATION) {
      KerberosConfiguration.use(kerberos);
      try {
        LoginContext context = new LoginContext("shieldwall", new Subject(), null, configuration);
        context.login();
        return new KerberosLogin(context);
      } catch (LoginException e) {
        throw new KerberosException(e);
      }
    }
  }

  /** Runs {@code work} as this principal. */
  public <T> T as(Callable<T> work) throws KerberosException {
    try {
      return Subject.callAs(context.getSubject(), work);
    } catch (CompletionException e) {
      if (e.getCause() instanceof GSSException gss) {
        throw new KerberosException(gss);
      }
      throw e;
    }
  }

  @Override
  public void close() {
    try {
      context.logout();
    } catch (LoginException e) {
      // Its keys and tickets are in memory only, and go with it.
    }
  }
}
