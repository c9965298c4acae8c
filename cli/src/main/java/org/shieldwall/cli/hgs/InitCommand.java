package org.shieldwall.cli.hgs;

import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.HgsSetup;
import org.shieldwall.hgs.HgsSetup.Made;
import org.shieldwall.protector.secret.SecretBytes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs init}. */
@Command(
    name = "init",
    description = {
      "Set up a Host Guardian Service: its keys, certificates, guardian and database.",
      "Nothing needs to be given. Back up the folder and what opens it."
    },
    mixinStandardHelpOptions = true)
final class InitCommand implements Runnable {
  @Mixin private HgsOptions options = new HgsOptions();
  @Mixin private HgsUnlocking unlocking = new HgsUnlocking();

  @Option(
      names = "--name",
      paramLabel = "HOST",
      description = "Host name or address by which hosts reach it. Default: this machine's name.")
  private @Nullable String name;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description = "Where to listen. Default: [::]:8443, every address of this machine.")
  private @Nullable String listen;

  @Option(
      names = "--passphrase",
      description = "Protect the keys by a passphrase, asked for at each start.")
  private boolean passphrase;

  @Option(
      names = "--key-file",
      paramLabel = "FILE",
      description = "Protect the keys by this file, made if it is not there.")
  private @Nullable Path keyFile;

  @Override
  public void run() {
    if ((passphrase || unlocking.hasFile()) && keyFile != null) {
      throw new Failure(
          "the keys are protected either by a passphrase or by a key file",
          "leave out --key-file or --passphrase",
          Failure.MALFORMED);
    }
    Optional<ListenAddress> address = Optional.ofNullable(listen).map(ListenAddress::parse);
    String called = name == null ? address.flatMap(ListenAddress::name).orElse(hostName()) : name;
    Optional<SecretBytes> secret =
        passphrase || unlocking.hasFile() ? Optional.of(unlocking.askNew()) : Optional.empty();
    try {
      HgsSetup setup = new HgsSetup(InstantSource.system(), new SecureRandom());
      Made made =
          setup.create(
              options.folder(),
              new HgsSetup.Address(
                  called, address.map(ListenAddress::address), address.map(ListenAddress::port)),
              secret,
              Optional.ofNullable(keyFile));
      print(made);
    } catch (HgsException problem) {
      throw HgsOptions.environment(problem);
    } finally {
      secret.ifPresent(SecretBytes::close);
    }
  }

  private static String hostName() {
    try {
      String found = InetAddress.getLocalHost().getHostName();
      return found.isBlank() ? "localhost" : found;
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  private void print(Made made) {
    ObjectNode node =
        Output.object()
            .put("directory", made.folder().path().toString())
            .put("url", made.url())
            .put("certificate", made.folder().certificate().toString())
            .put("guardianName", made.guardian().name())
            .put("guardian", made.guardian().id().text());
    options.print(node, () -> words(made));
  }

  private void words(Made made) {
    PrintWriter out = options.out();
    out.println("A Host Guardian Service is set up in " + made.folder().path());
    out.println("  address      " + made.url());
    out.println("  certificate  " + made.folder().certificate() + "  (give it to the hosts)");
    out.println("  guardian id  " + made.guardian().id() + "  (read it out to the owners)");
    if (made.keyBesideSecrets()) {
      out.println();
      out.println("The key file that opens its keys lies in the same folder: whoever copies the");
      out.println("folder has both. Use --key-file with a file elsewhere, or --passphrase, where");
      out.println("backups or other people can read the folder.");
    }
    out.println();
    out.println("Next: shieldwall hgs serve --dir " + made.folder().path());
  }
}
