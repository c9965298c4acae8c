package org.shieldwall.cli.hgs;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.HgsConfig;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.HgsServer;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protector.secret.SecretBytes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hgs serve}. */
@Command(
    name = "serve",
    description = {
      "Serve until stopped (Ctrl-C, SIGTERM); requests at work are finished first.",
      "Prints one line when it is ready."
    },
    mixinStandardHelpOptions = true)
final class ServeCommand implements Runnable {
  @Mixin private HgsOptions options = new HgsOptions();
  @Mixin private HgsUnlocking unlocking = new HgsUnlocking();

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description = "Where to listen this time. Default: as hgs.toml says.")
  private @Nullable String listen;

  @Option(
      names = "--accept-clock",
      description =
          "The machine's clock is right although the record is ahead of it: it was wrong before."
              + " Recorded.")
  private boolean acceptClock;

  @Override
  public void run() {
    HgsFolder folder = options.folder();
    if (acceptClock) {
      boolean _ =
          options.administer(admin -> {
            admin.acceptClock();
            return true;
          });
    }
    try {
      HgsConfig config = folder.readConfiguration();
      if (listen != null) {
        ListenAddress address = ListenAddress.parse(listen);
        config = config.listeningOn(address.address(), address.port());
      }
      HgsServer server = start(folder, config);
      CountDownLatch stopped = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .unstarted(() -> {
                    server.close();
                    stopped.countDown();
                  }));
      announce(folder, server);
      stopped.await();
    } catch (HgsException problem) {
      throw HgsOptions.environment(problem);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private HgsServer start(HgsFolder folder, HgsConfig config) throws HgsException {
    InstantSource clock = InstantSource.system();
    SecureRandom random = new SecureRandom();
    if (config.keyFile().isPresent()) {
      Unlock unlock = new Unlock.KeyFile(config.keyFile().get());
      return HgsServer.start(folder, config, unlock, clock, random);
    }
    try (SecretBytes passphrase = unlocking.ask()) {
      Unlock unlock = new Unlock.Passphrase(passphrase);
      return HgsServer.start(folder, config, unlock, clock, random);
    }
  }

  private void announce(HgsFolder folder, HgsServer server) {
    if (options.json()) {
      options
          .out()
          .println(
              Output.line(
                  Output.object()
                      .put("ready", true)
                      .put("url", server.url().toString())
                      .put("port", server.port())
                      .put("certificate", folder.certificate().toString())));
    } else {
      options.out().println("ready: " + server.url() + ", stop with Ctrl-C");
    }
    options.out().flush();
  }
}
