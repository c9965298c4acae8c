package org.shieldwall.cli.modes;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real domain controller (Samba) on a loopback address of its own, with a service's account, some
 * machines, groups within groups, and a person.
 */
final class SambaDomain implements AutoCloseable {
  static final String REALM = "FABRIC.TEST";
  static final String SERVICE = "shieldwall/hgs.fabric.test";
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);

  /** Done in one process: Samba's own commands take most of their time to start. */
  private static final String ACCOUNTS =
      """
      import sys, ldb
      from samba.auth import system_session
      from samba.param import LoadParm
      from samba.samdb import SamDB
      from samba.net import Net
      import samba.dckeytab
      from samba.ndr import ndr_unpack
      from samba.dcerpc import security
      conf, folder, address = sys.argv[1:4]
      lp = LoadParm(); lp.load(conf)
      sam = SamDB(session_info=system_session(), lp=lp)
      def find(name):
        return sam.search(sam.domain_dn(), expression="(sAMAccountName=%s)" % name,
                          attrs=["objectSid"])[0]
      def change(name, **values):
        message = ldb.Message(); message.dn = find(name).dn
        for key, value in values.items():
          message[key] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, key)
        sam.modify(message)
      aes = {"msDS-SupportedEncryptionTypes": "24"}
      def password(name):
        sam.setpassword("(sAMAccountName=%s)" % name, "Pass-word.1-" + name, False, name)
      def keytab(file, *principals):
        for principal in principals:
          Net(None, lp).export_keytab(keytab=folder + "/" + file, principal=principal)
      sam.newuser("hgs-svc", "Pass-word.1-hgs")
      change("hgs-svc", servicePrincipalName=["shieldwall/hgs.fabric.test"] , **aes)
      password("hgs-svc")
      keytab("hgs.keytab", "hgs-svc", "shieldwall/hgs.fabric.test")
      sam.newuser("person", "Pass-word.1-person")
      change("person", **aes); password("person")
      keytab("person.keytab", "person")
      for name in ["HOST-A", "HOST-B", "HOST-C"]:
        sam.newcomputer(name)
        change(name + "$", **aes); password(name + "$")
        keytab(name + ".keytab", name + "$")
      for group in ["Guarded", "Rack7", "Compute"]:
        sam.newgroup(group)
      sam.add_remove_group_members("Guarded", ["Rack7", "HOST-C$", "person"], True)
      sam.add_remove_group_members("Rack7", ["HOST-A$"], True)
      sam.add_remove_group_members("Compute", ["HOST-B$"], True)
      dc = find("DC1$")
      message = ldb.Message(); message.dn = dc.dn
      message["spn"] = ldb.MessageElement("ldap/" + address, ldb.FLAG_MOD_ADD, "servicePrincipalName")
      sam.modify(message)
      for name in ["Guarded", "Compute", "HOST-A$"]:
        print("%s=%s" % (name, ndr_unpack(security.dom_sid, find(name)["objectSid"][0])))
      """;

  private final Path folder;
  private final String address;
  private final Map<String, String> sids = new HashMap<>();
  private Process process;

  private SambaDomain(Path folder, String address) {
    this.folder = folder;
    this.address = address;
  }

  /** Makes and starts one; the test is skipped, and says so, where that cannot be. */
  static SambaDomain start() throws Exception {
    assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "skipped: a domain controller is started by root");
    assumeTrue(
        Files.isExecutable(Path.of("/usr/sbin/samba"))
            && Files.exists(Path.of("/usr/share/samba/setup/provision.ldif")),
        "skipped: no domain controller; install samba-ad-dc, samba-ad-provision, samba-dsdb-modules,"
            + " python3-samba");
    SecureRandom random = new SecureRandom();
    String address = "127.%d.%d.2".formatted(64 + random.nextInt(128), random.nextInt(256));
    SambaDomain domain = new SambaDomain(Files.createTempDirectory("dc"), address);
    try {
      domain.provision();
      domain.run(List.of());
      return domain;
    } catch (Exception | Error e) {
      domain.close();
      throw e;
    }
  }

  private void provision() throws Exception {
    command(
        "samba-tool",
        "domain",
        "provision",
        "--option=interfaces=" + address + "/8",
        "--option=bind interfaces only=yes",
        "--option=server services=ldap, kdc",
        "--option=pid directory=" + folder,
        "--option=log file=" + folder.resolve("log"),
        "--option=ncalrpc dir=" + folder.resolve("rpc"),
        "--option=winbindd socket directory=" + folder.resolve("winbind"),
        "--option=ntp signd socket directory=" + folder.resolve("ntp"),
        "--realm=" + REALM,
        "--domain=FABRIC",
        "--host-name=DC1",
        "--host-ip=" + address,
        "--dns-backend=NONE",
        "--adminpass=Pass-word.1-admin",
        "--targetdir=" + folder);
    Path script = Files.writeString(folder.resolve("accounts.py"), ACCOUNTS);
    for (String line :
        command(
            "/usr/bin/python3", script.toString(), configuration(), folder.toString(), address)) {
      String[] parts = line.split("=", 2);
      if (parts.length == 2) {
        sids.put(parts[0], parts[1].strip());
      }
    }
    Files.writeString(
        kerberos(),
        """
        [libdefaults]
         default_realm = %s
         dns_lookup_kdc = false
         dns_lookup_realm = false
         udp_preference_limit = 1
         kdc_timeout = 5000
         max_retries = 1
        [realms]
         %s = {
          kdc = %s
         }
        """
            .formatted(REALM, REALM, address));
  }

  private String configuration() {
    return folder.resolve("etc/smb.conf").toString();
  }

  /** Runs it, with {@code before} in front of its command. */
  void run(List<String> before) throws Exception {
    List<String> command = new ArrayList<>(before);
    command.addAll(List.of("/usr/sbin/samba", "-F", "-M", "single", "-s", configuration()));
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!listens(88) || !listens(389)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IOException(
            "samba does not serve: " + Files.readString(folder.resolve("output")));
      }
      process.waitFor(100, TimeUnit.MILLISECONDS);
    }
  }

  private boolean listens(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), 1000);
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Ends it; it can be run again. */
  void stop() {
    if (process != null) {
      Stream<ProcessHandle> children = process.descendants();
      process.destroy();
      process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
      process.destroyForcibly();
      children.forEach(ProcessHandle::destroyForcibly);
      process.onExit().join();
    }
  }

  /** Changes an account while the domain is up. */
  void samba(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("samba-tool"));
    command.addAll(List.of(arguments));
    command.add("--configfile=" + configuration());
    command(command.toArray(String[]::new));
  }

  private List<String> command(String... command) throws Exception {
    Path output = Files.createTempFile(folder, "command", ".out");
    Process started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!started.waitFor(LIMIT_NANOS, TimeUnit.NANOSECONDS) || started.exitValue() != 0) {
      started.destroyForcibly();
      throw new IOException(
          command[0] + ": " + Files.readString(output, StandardCharsets.ISO_8859_1));
    }
    return Files.readAllLines(output, StandardCharsets.ISO_8859_1);
  }

  String sid(String name) {
    return sids.getOrDefault(name, "");
  }

  Path keytab(String name) {
    return folder.resolve(name + ".keytab");
  }

  Path kerberos() {
    return folder.resolve("krb5.conf");
  }

  /** {@return a service of the domain controller's own account} */
  String otherService() {
    return "ldap/" + address;
  }

  String ldap() {
    return "ldap://" + address;
  }

  @Override
  public void close() throws IOException {
    stop();
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
