package org.shieldwall.cli.hgs;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.hgs.admin.TrustAdministration;
import org.shieldwall.hgs.admin.TrustAdministration.Addition;
import org.shieldwall.hgs.admin.TrustAdministration.Maker;
import org.shieldwall.hgs.admin.TrustAdministration.Refused;
import org.shieldwall.hgs.endorsement.Requirement;
import org.shieldwall.hgs.store.TrustRegister.Role;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs trust add | list | remove | require}. */
@Command(
    name = "trust",
    description = "Which TPM makers are trusted, and whether hosts need one.",
    mixinStandardHelpOptions = true)
final class TrustCommand implements Runnable {
  private static final int DIGEST_SHOWN = 16;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "add",
      description = {
        "Add TPM makers' certificates: a file, or a folder of .pem .crt .cer .der files and folders.",
        "One that signed itself is trusted from then on. Any other may stand between a TPM's"
            + " certificate and a trusted one, and is trusted in nothing by itself."
      },
      mixinStandardHelpOptions = true)
  void add(
      @Parameters(paramLabel = "PATH", description = "File or folder.") Path path,
      @Option(
              names = "--trust-each",
              description =
                  "Trust every one itself, also where its own issuer's certificate is not to be"
                      + " had any more.")
          boolean trustEach,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Option(names = "--dry-run", description = "Show, and change nothing.") boolean dryRun,
      @Mixin HgsOptions options) {
    List<UntrustedCertificate> certificates = MakerCertificates.read(path);
    if (!options.json()) {
      certificates.forEach(each -> options.out().println(words(each, trustEach)));
      options.out().flush();
    }
    if (dryRun) {
      options.print(
          Output.object().put("read", certificates.size()).put("added", 0),
          () -> options.out().println("Nothing was changed (--dry-run)."));
      return;
    }
    if (!yes) {
      HgsOptions.requireYes(
          "Believe these makers' word on what is a TPM?", "use --yes, or --dry-run to look");
    }
    List<Addition> additions =
        options.administer(admin -> admin.trust().add(certificates, trustEach));
    long added = additions.stream().filter(Addition::added).count();
    options.print(
        Output.object().put("read", additions.size()).put("added", added),
        () ->
            options
                .out()
                .println(
                    added
                        + " of "
                        + additions.size()
                        + (added == 1 ? " is new" : " are new")
                        + "; next: shieldwall hgs trust list"));
  }

  private static String words(UntrustedCertificate certificate, boolean trustEach) {
    return "  %-12s %s%s"
        .formatted(
            trustEach || certificate.isSelfSigned() ? "trusted" : "between",
            certificate.subject(),
            certificate.notAfter().isBefore(Instant.now())
                ? " (expired " + certificate.notAfter() + ")"
                : "");
  }

  @Command(
      name = "list",
      description = "List the makers' certificates, and what is asked of hosts.",
      mixinStandardHelpOptions = true)
  void list(@Mixin HgsOptions options) {
    record Listing(Requirement requirement, List<Maker> makers) {}
    Listing listing =
        options.administer(admin -> new Listing(admin.trust().requirement(), admin.trust().list()));
    ObjectNode node = Output.object().put("requires", listing.requirement().code());
    ArrayNode array = node.putArray("certificates");
    for (Maker maker : listing.makers()) {
      UntrustedCertificate certificate = maker.certificate();
      array
          .addObject()
          .put("sha256", certificate.sha256().hex())
          .put("role", maker.role().code())
          .put("subject", certificate.subject().toString())
          .put("issuer", certificate.issuer().toString())
          .put("key", certificate.key().describe())
          .put("notAfter", certificate.notAfter().toString())
          .put("expired", certificate.notAfter().isBefore(Instant.now()))
          .put("problem", maker.findings().isEmpty() ? "" : maker.findings().getFirst().detail());
    }
    options.print(
        node,
        () -> {
          listing.makers().forEach(each -> print(options, each));
          if (listing.makers().isEmpty()) {
            options.out().println("No TPM maker is trusted. Next: shieldwall hgs trust add FOLDER");
          }
          options.out().println(describe(listing.requirement()));
        });
  }

  private static void print(HgsOptions options, Maker maker) {
    UntrustedCertificate certificate = maker.certificate();
    options
        .out()
        .printf(
            "%s…  %-12s until %s  %s%s%n",
            certificate.sha256().hex().substring(0, DIGEST_SHOWN),
            maker.role() == Role.ANCHOR ? "trusted" : "between",
            certificate.notAfter().toString().substring(0, 10),
            certificate.subject(),
            certificate.notAfter().isBefore(Instant.now()) ? "  (expired)" : "");
    for (Finding finding : maker.findings()) {
      options.out().println("    leads to no trusted one: " + finding.detail());
    }
  }

  private static String describe(Requirement requirement) {
    return switch (requirement) {
      case KEY -> "Hosts need no certificate: the key that you registered counts.";
      case CERTIFICATE -> "Hosts need a certificate of a trusted maker; it may have expired.";
      case CERTIFICATE_IN_TIME -> "Hosts need a certificate of a trusted maker, in time.";
    };
  }

  @Command(
      name = "remove",
      description = {
        "Believe a maker no longer.",
        "Where hosts need a certificate, those that led to this one are refused from then on."
      },
      mixinStandardHelpOptions = true)
  void remove(
      @Parameters(paramLabel = "SHA256", description = "Its digest, or the beginning of it.")
          String digest,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Mixin HgsOptions options) {
    String beginning = digest.toLowerCase(Locale.ROOT);
    if (!beginning.matches("[0-9a-f]{8,64}")) {
      throw new Failure(
          "\"" + digest + "\" is no digest, nor 8 digits of one",
          "shieldwall hgs trust list",
          Failure.MALFORMED);
    }
    if (!yes) {
      HgsOptions.requireYes("Remove the certificate " + digest + "?", "use --yes");
    }
    record Removal(Maker maker, List<Refused> refused) {}
    Removal removal =
        options.administer(
            admin -> new Removal(admin.trust().remove(beginning), admin.trust().refused()));
    UntrustedCertificate certificate = removal.maker().certificate();
    ObjectNode node =
        Output.object()
            .put("sha256", certificate.sha256().hex())
            .put("subject", certificate.subject().toString())
            .put("removed", true);
    putRefused(node, removal.refused());
    options.print(
        node,
        () -> {
          options.out().println("Not trusted any more: " + certificate.subject());
          printRefused(options, removal.refused());
        });
  }

  @Command(
      name = "require",
      description = {
        "Show or set what is asked of hosts' endorsement keys: key (the default), certificate, or"
            + " certificate-in-time.",
        "key: the key that you registered will do. certificate: a trusted maker must have certified"
            + " it. certificate-in-time: and no certificate on the way may have expired.",
        "It holds at once, for hosts registered before as well; the change is recorded."
      },
      mixinStandardHelpOptions = true)
  void require(
      @Parameters(
              arity = "0..1",
              paramLabel = "WHAT",
              description = "key, certificate or certificate-in-time.")
          @Nullable String what,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Mixin HgsOptions options) {
    if (what != null) {
      Requirement wanted =
          Requirement.of(what)
              .orElseThrow(() ->
                  new Failure(
                      "\"" + what + "\" is nothing that can be asked for",
                      "one of "
                          + String.join(
                              ", ",
                              Arrays.stream(Requirement.values()).map(Requirement::code).toList()),
                      Failure.MALFORMED));
      if (!yes) {
        HgsOptions.requireYes(describe(wanted) + " From now on?", "use --yes");
      }
      boolean _ = options.administer(admin -> admin.trust().require(wanted));
    }
    record Shown(Requirement requirement, List<Refused> refused) {}
    Shown shown =
        options.administer(admin -> {
          TrustAdministration trust = admin.trust();
          return new Shown(trust.requirement(), trust.refused());
        });
    ObjectNode node = Output.object().put("requires", shown.requirement().code());
    putRefused(node, shown.refused());
    options.print(
        node,
        () -> {
          options.out().println(describe(shown.requirement()));
          printRefused(options, shown.refused());
        });
  }

  private static void putRefused(ObjectNode node, List<Refused> refused) {
    ArrayNode array = node.putArray("refused");
    for (Refused each : refused) {
      Finding finding = each.findings().getFirst();
      array
          .addObject()
          .put("host", each.host().name())
          .put("code", finding.code().code())
          .put("detail", finding.detail());
    }
  }

  private static void printRefused(HgsOptions options, List<Refused> refused) {
    if (refused.isEmpty()) {
      return;
    }
    options.out().println("Hosts that are refused now:");
    for (Refused each : refused) {
      options.out().println("  " + each.host().name() + ": " + each.findings().getFirst().detail());
    }
    options
        .out()
        .println(
            "Give them a certificate (shieldwall hgs host add IDENTITY.json --certificate FILE) or"
                + " let the key do (--key-alone).");
  }
}
