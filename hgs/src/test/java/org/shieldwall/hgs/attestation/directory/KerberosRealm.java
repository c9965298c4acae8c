package org.shieldwall.hgs.attestation.directory;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.kerby.kerberos.kerb.KrbException;
import org.apache.kerby.kerberos.kerb.server.SimpleKdcServer;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.MessageProp;
import org.shieldwall.protocol.kerberos.KerberosLogin;
import org.shieldwall.tpm.Bytes;

/** A key distribution center on loopback that starts in a second: tickets, and no directory. */
final class KerberosRealm implements AutoCloseable {
  static final String NAME = "QUICK.TEST";
  static final String SERVICE = "shieldwall/localhost";

  private final Path folder;
  private final SimpleKdcServer server;

  private KerberosRealm(Path folder, SimpleKdcServer server) {
    this.folder = folder;
    this.server = server;
  }

  static KerberosRealm in(Path folder) throws Exception {
    SimpleKdcServer server = new SimpleKdcServer();
    server.setWorkDir(folder.toFile());
    server.setKdcRealm(NAME);
    server.setKdcHost("localhost");
    server.setAllowUdp(false);
    server.init();
    server.start();
    return new KerberosRealm(folder, server);
  }

  /** Makes an account; {@return the file with its keys} */
  Path account(String principal) throws Exception {
    server.createPrincipal(principal + "@" + NAME);
    return keytab(principal);
  }

  /** Makes an account, and puts its keys into a file with others. */
  void add(String principal, Path keytab) throws Exception {
    server.createPrincipal(principal + "@" + NAME);
    server.exportPrincipal(principal + "@" + NAME, keytab.toFile());
  }

  /** {@return a file with the account's keys of now} */
  Path keytab(String principal) throws Exception {
    Path keytab = Files.createTempFile(folder, "keys", ".keytab");
    Files.delete(keytab);
    server.exportPrincipal(principal + "@" + NAME, keytab.toFile());
    Files.setPosixFilePermissions(keytab, PosixFilePermissions.fromString("rw-------"));
    return keytab;
  }

  /** Gives the account other keys. */
  void change(String principal) throws Exception {
    server.deletePrincipal(principal + "@" + NAME);
    server.createPrincipal(principal + "@" + NAME);
  }

  Path configuration() {
    return folder.resolve("krb5.conf");
  }

  KerberosAcceptor acceptor(String service, Path keytab) {
    return new KerberosAcceptor(
        new DirectorySettings(
            NAME,
            "nobody",
            service,
            keytab,
            List.of(URI.create("ldap://localhost:1")),
            configuration()));
  }

  /** A client's side of an exchange. */
  record Exchange(KerberosLogin login, GSSContext context, Bytes token) {
    Bytes mic(Bytes bound) throws Exception {
      byte[] message = bound.toArray();
      return Bytes.of(
          login.as(() -> context.getMIC(message, 0, message.length, new MessageProp(false))));
    }
  }

  Exchange exchange(String client, Path keytab, String service) throws Exception {
    KerberosLogin login = KerberosLogin.initiator(configuration(), keytab, client + "@" + NAME);
    return login.as(() -> {
      GSSManager manager = GSSManager.getInstance();
      GSSContext context =
          manager.createContext(
              manager.createName(service + "@" + NAME, KerberosLogin.PRINCIPAL_NAME),
              KerberosLogin.SPNEGO,
              manager.createCredential(null, 0, KerberosLogin.SPNEGO, GSSCredential.INITIATE_ONLY),
              0);
      context.requestMutualAuth(true);
      context.requestInteg(true);
      context.requestReplayDet(true);
      return new Exchange(login, context, Bytes.of(context.initSecContext(new byte[0], 0, 0)));
    });
  }

  @Override
  public void close() throws KrbException {
    server.stop();
  }
}
