package org.shieldwall.hgs.attestation.directory;

import javax.security.auth.kerberos.KerberosPrincipal;
import javax.security.auth.kerberos.KeyTab;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.MessageProp;
import org.ietf.jgss.Oid;
import org.shieldwall.protocol.kerberos.KerberosException;
import org.shieldwall.protocol.kerberos.KerberosLogin;
import org.shieldwall.tpm.Bytes;

/**
 * The service's side of a Kerberos exchange: opens tickets with the keys in its keytab, without
 * asking a domain controller.
 */
public final class KerberosAcceptor {
  private final DirectorySettings settings;

  /** Accepts tickets for the service in {@code settings}. */
  public KerberosAcceptor(DirectorySettings settings) {
    this.settings = settings;
  }

  /** The service's own keys do not serve; no host can mend that. */
  public static final class NoKeyException extends Exception {
    private static final long serialVersionUID = 1L;

    NoKeyException(KerberosException cause) {
      super(cause);
    }

    NoKeyException(String message) {
      super(message);
    }
  }

  /** What was sent was not made, by the holder of the ticket, for this purpose. */
  public static final class NotBoundException extends Exception {
    private static final long serialVersionUID = 1L;

    NotBoundException(String message) {
      super(message);
    }
  }

  /**
   * Takes the initiator's token and checks its authentication of {@code bound}.
   *
   * @throws KerberosException if the ticket is not good, is for another service, was seen before
   * @throws NotBoundException if {@code mic} is not over {@code bound} by the exchange's key
   */
  public Accepted accept(Bytes token, Bytes mic, Bytes bound)
      throws KerberosException, NoKeyException, NotBoundException {
    requireKeys();
    KerberosLogin login;
    try {
      login =
          KerberosLogin.acceptor(
              settings.kerberos(), settings.keytab(), settings.servicePrincipal());
    } catch (KerberosException e) {
      throw new NoKeyException(e);
    }
    try (login) {
      Accepted accepted = login.as(() -> begin(token));
      if (!accepted.isWhole()) {
        throw new NotBoundException("the exchange is not whole in one message each way");
      }
      accepted.requireMic(mic, bound);
      return accepted;
    }
  }

  /** The JDK would take a missing file for one without keys, and blame the ticket. */
  private void requireKeys() throws NoKeyException {
    KerberosPrincipal own = new KerberosPrincipal(settings.servicePrincipal());
    if (KeyTab.getInstance(own, settings.keytab().toFile()).getKeys(own).length == 0) {
      throw new NoKeyException("the service's keytab has no key of " + own.getName());
    }
  }

  private static Accepted begin(Bytes token) throws GSSException {
    GSSManager manager = GSSManager.getInstance();
    GSSCredential own =
        manager.createCredential(
            null,
            GSSCredential.INDEFINITE_LIFETIME,
            new Oid[] {KerberosLogin.SPNEGO},
            GSSCredential.ACCEPT_ONLY);
    GSSContext context = manager.createContext(own);
    byte[] in = token.toArray();
    byte[] out = context.acceptSecContext(in, 0, in.length);
    return new Accepted(context, out == null ? Bytes.EMPTY : Bytes.of(out));
  }

  /**
   * An exchange whose other side is known.
   *
   * @param reply what the initiator must get back
   */
  public record Accepted(GSSContext context, Bytes reply) {
    /** {@return the client's name in its ticket, realm included} */
    public String client() throws KerberosException {
      return named(() -> context.getSrcName().toString());
    }

    private boolean isWhole() {
      return context.isEstablished()
          && context.getMutualAuthState()
          && !context.getAnonymityState()
          && !reply.isEmpty();
    }

    private void requireMic(Bytes mic, Bytes bound) throws NotBoundException {
      byte[] code = mic.toArray();
      byte[] message = bound.toArray();
      try {
        context.verifyMIC(code, 0, code.length, message, 0, message.length, new MessageProp(false));
      } catch (GSSException e) {
        throw new NotBoundException("the exchange's key did not authenticate this challenge");
      }
    }

    /** {@return an authentication of {@code message} by the exchange's key} */
    public Bytes mic(Bytes message) throws KerberosException {
      byte[] bytes = message.toArray();
      return named(() -> Bytes.of(context.getMIC(bytes, 0, bytes.length, new MessageProp(false))));
    }

    private interface Call<T> {
      T now() throws GSSException;
    }

    private static <T> T named(Call<T> call) throws KerberosException {
      try {
        return call.now();
      } catch (GSSException e) {
        throw new KerberosException(e);
      }
    }
  }
}
