package org.shieldwall.cli.hgs;

import java.time.Instant;
import java.util.List;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.store.ExceptionRegister.CheckException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs host except | exceptions | unexcept}. */
final class HostExceptCommands {
  private HostExceptCommands() {}

  static ObjectNode node(CheckException exception) {
    return Output.object()
        .put("host", exception.host())
        .put("check", exception.check())
        .put("expires", exception.expires().toString())
        .put("why", exception.reason())
        .put("added", exception.added().toString());
  }

  /** Makes one. */
  @Command(
      name = "except",
      description = {
        "Hold one host not to one check, until a date.",
        "It is recorded, stated in the host's certificates, and ends by itself. The checks of who the"
            + " host is and what its TPM signed know no exception."
      },
      mixinStandardHelpOptions = true)
  static final class Except implements Runnable {
    @Parameters(index = "0", paramLabel = "HOST", description = "The host's name.")
    private String host = "";

    @Parameters(index = "1", paramLabel = "CHECK", description = "The check, e.g. iommu.")
    private String check = "";

    @Option(
        names = "--expires",
        required = true,
        paramLabel = "TIME",
        description = "For how long: 30m, 12h, 14d; a year at most.")
    private String expires = "";

    @Option(
        names = "--why",
        required = true,
        paramLabel = "TEXT",
        description = "The reason, for the record.")
    private String why = "";

    @Mixin private HgsOptions options = new HgsOptions();

    @Override
    public void run() {
      CheckException made =
          options.administer(
              admin -> admin.exceptions().except(host, check, Lasting.parse(expires), why));
      options.print(
          node(made),
          () ->
              options
                  .out()
                  .println(
                      "Host "
                          + host
                          + " need not pass "
                          + check
                          + " until "
                          + made.expires()
                          + "; it counts from its next attestation"));
    }
  }

  /** Lists them. */
  @Command(
      name = "exceptions",
      description = "List the exceptions of all hosts; those that are over are marked.",
      mixinStandardHelpOptions = true)
  static final class Exceptions implements Runnable {
    @Mixin private HgsOptions options = new HgsOptions();

    @Override
    public void run() {
      Instant now = Instant.now();
      List<CheckException> all = options.administer(admin -> admin.exceptions().list());
      ObjectNode node = Output.object();
      ArrayNode array = node.putArray("exceptions");
      all.forEach(each -> array.add(node(each).put("over", !now.isBefore(each.expires()))));
      options.print(
          node,
          () -> {
            if (all.isEmpty()) {
              options.out().println("There is no exception.");
            }
            for (CheckException each : all) {
              options
                  .out()
                  .printf(
                      "%-32s %-24s until %s%s  %s%n",
                      each.host(),
                      each.check(),
                      each.expires(),
                      now.isBefore(each.expires()) ? "" : " (over)",
                      each.reason());
            }
          });
    }
  }

  /** Ends one. */
  @Command(
      name = "unexcept",
      description = "End an exception before its time: the host has to pass the check again.",
      mixinStandardHelpOptions = true)
  static final class Unexcept implements Runnable {
    @Parameters(index = "0", paramLabel = "HOST", description = "The host's name.")
    private String host = "";

    @Parameters(index = "1", paramLabel = "CHECK", description = "The check.")
    private String check = "";

    @Mixin private HgsOptions options = new HgsOptions();

    @Override
    public void run() {
      if (!options.administer(admin -> admin.exceptions().end(host, check))) {
        throw new Failure(
            "host " + host + " has no exception from " + check,
            "shieldwall hgs host exceptions",
            Failure.REFUSED);
      }
      options.print(
          Output.object().put("host", host).put("check", check).put("ended", true),
          () -> options.out().println("Host " + host + " has to pass " + check + " again"));
    }
  }
}
