package org.shieldwall.cli.owner;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.Grant;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.protector.ShieldingData;
import org.shieldwall.protector.TemplateRequirement;
import org.shieldwall.protector.VmClass;
import org.shieldwall.protector.VolumeSignatureCatalog;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code owner data new | show}. */
@Command(
    name = "data",
    description = "Make shielding data, or show what some allow.",
    mixinStandardHelpOptions = true)
final class DataCommand implements Runnable {
  private static final int MAX_SEED_FILE = 1 << 20;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "new",
      description = "Seal files for a new VM, and say where it may run and from which template.",
      mixinStandardHelpOptions = true)
  void create(
      @Option(
              names = "--owner",
              required = true,
              paramLabel = "FILE",
              description = "Your private guardian file.")
          Path owner,
      @Mixin Unlocking unlocking,
      @Option(
              names = "--guardian",
              required = true,
              paramLabel = "FILE",
              description =
                  "An imported guardian document: a service that may open the VM on its healthy"
                      + " hosts. May be given several times.")
          List<Path> guardians,
      @Option(
              names = "--catalog",
              required = true,
              paramLabel = "FILE",
              description = "Catalog of the template; its signer, name and version are pinned.")
          Path catalog,
      @Option(
              names = "--template-rule",
              defaultValue = "at-least",
              paramLabel = "RULE",
              description = "equals or at-least: which versions of it will do. Default: at-least.")
          String rule,
      @Mixin PolicyOptions policy,
      @Option(
              names = "--file",
              required = true,
              paramLabel = "NAME=FILE",
              description =
                  "A file for the VM's encrypted seed volume (cloud-init NoCloud): user-data,"
                      + " meta-data, network-config or any other.")
          Map<String, Path> files,
      @Option(names = "--out", required = true, paramLabel = "FILE", description = "The result.")
          Path out,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    VolumeSignatureCatalog pinned = Documents.catalog(catalog);
    List<Guardian> granted = guardians.stream().map(Documents::guardian).toList();
    OwnerPolicy agreed = policy.toPolicy();
    SecureRandom random = new SecureRandom();
    GuardianKey key = unlocking.open(owner, random);
    List<SeedFile> seeds = new ArrayList<>();
    try {
      files.forEach((name, file) -> seeds.add(seed(name, file)));
      Instant now = Instant.now();
      Grant grant = Grant.issue(key.guardian(), key.keys(), granted, agreed, now, random);
      TemplateRequirement template =
          new TemplateRequirement(
              pinned.signer().id(), pinned.name(), rule(rule), pinned.version());
      ShieldingData data = ShieldingData.create(grant, key.keys(), template, seeds, now, random);
      Documents.writeNew(out, data.toBytes());
      print(data, json);
    } catch (ProtectorException problem) {
      throw Documents.refused(out.toString(), problem);
    } finally {
      seeds.forEach(SeedFile::close);
    }
  }

  @Command(
      name = "show",
      description = "Verify shielding data and show everything but their secrets.",
      mixinStandardHelpOptions = true)
  void show(
      @Parameters(paramLabel = "FILE", description = "The shielding data.") Path file,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    print(Documents.shieldingData(file), json);
  }

  /** The owner's policy, option by option. */
  static final class PolicyOptions {
    @Option(
        names = "--class",
        defaultValue = "shielded",
        paramLabel = "CLASS",
        description = "shielded or encryption-supported. Default: shielded.")
    private String vmClass = "";

    @Option(
        names = "--minimum-assurance",
        defaultValue = "tpm",
        paramLabel = "MODE",
        description = "tpm, host-key or directory: the weakest proof that will do. Default: tpm.")
    private String assurance = "";

    @Option(
        names = "--require-baseline",
        paramLabel = "NAME",
        description = "A boot baseline the host must have matched. May be given several times.")
    private @Nullable List<String> baselines;

    @Option(
        names = "--require-host",
        paramLabel = "NAME",
        description = "A host the VM may run on. May be given several times; none allows any.")
    private @Nullable List<String> hosts;

    @Option(
        names = "--expires",
        paramLabel = "DATE",
        description = "Last day (UTC, 2027-06-30) on which the VM may be started. Default: never.")
    private @Nullable String expires;

    @Option(
        names = "--checkpoints",
        defaultValue = "owner",
        paramLabel = "WHO",
        description =
            "allow or owner: whether the fabric's administrators may take the VM back to a"
                + " checkpoint, or only you, by a signature each time. Default: owner.")
    private String checkpoints = "";

    @Option(
        names = "--bind-host",
        description = "The VM starts only on the machine that starts it first.")
    private boolean bindHost;

    OwnerPolicy toPolicy() {
      return new OwnerPolicy(
          choice(VmClass.values(), VmClass::id, vmClass, "--class"),
          choice(Assurance.values(), Assurance::id, assurance, "--minimum-assurance"),
          Optional.ofNullable(baselines).orElse(List.of()),
          Optional.ofNullable(hosts).orElse(List.of()),
          Optional.ofNullable(expires).map(PolicyOptions::dayAfter),
          choice(
              OwnerPolicy.Checkpoints.values(),
              OwnerPolicy.Checkpoints::id,
              checkpoints,
              "--checkpoints"),
          bindHost);
    }

    private static Instant dayAfter(String date) {
      try {
        return LocalDate.parse(date).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
      } catch (DateTimeParseException wrong) {
        throw new Failure(
            "\"" + date + "\" is not a date", "--expires 2027-06-30", Failure.MALFORMED);
      }
    }
  }

  private static TemplateRequirement.Rule rule(String id) {
    return choice(
        TemplateRequirement.Rule.values(), TemplateRequirement.Rule::id, id, "--template-rule");
  }

  private static <T> T choice(T[] values, Function<T, String> id, String text, String option) {
    List<String> known = new ArrayList<>();
    for (T value : values) {
      if (id.apply(value).equals(text)) {
        return value;
      }
      known.add(id.apply(value));
    }
    throw new Failure(
        "\"" + text + "\" is not a value of " + option,
        "one of " + String.join(", ", known),
        Failure.MALFORMED);
  }

  private static SeedFile seed(String name, Path file) {
    if (!SeedFile.isName(name)) {
      throw new Failure(
          "\"" + name + "\" cannot be a file's name in a seed volume",
          "--file user-data=" + file,
          Failure.MALFORMED);
    }
    byte[] content = InputFile.read(file, MAX_SEED_FILE);
    return new SeedFile(name, SecretBytes.takeFrom(SecretArena.plain(), content));
  }

  private void print(ShieldingData data, boolean json) {
    PrintWriter out = spec.commandLine().getOut();
    Grant grant = data.protector().grant();
    OwnerPolicy policy = grant.policy();
    if (json) {
      var node =
          Output.object()
              .put("id", data.id().toString())
              .put("owner", grant.owner().name())
              .put("ownerId", grant.owner().id().text());
      var granted = node.putArray("guardians");
      grant
          .guardians()
          .forEach(g -> granted.addObject().put("name", g.name()).put("id", g.id().text()));
      node.putObject("template")
          .put("name", data.template().name())
          .put("rule", data.template().rule().id())
          .put("version", data.template().version().toString())
          .put("signerId", data.template().signer().text());
      var limits =
          node.putObject("policy")
              .put("class", policy.vmClass().id())
              .put("minimumAssurance", policy.minimumAssurance().id())
              .put("expires", policy.expires().map(Instant::toString).orElse(null))
              .put("checkpoints", policy.checkpoints().id())
              .put("bindHost", policy.bindHost());
      policy.requiredBaselines().forEach(limits.putArray("requiredBaselines")::add);
      policy.requiredHosts().forEach(limits.putArray("requiredHosts")::add);
      out.println(Output.indented(node));
    } else {
      out.println("Shielding data " + data.id());
      out.println("  owner      " + grant.owner().name() + "  " + grant.owner().id());
      grant.guardians().forEach(g -> out.println("  guardian   " + g.name() + "  " + g.id()));
      out.printf(
          "  template   %s, %s %s, signed by %s%n",
          data.template().name(),
          data.template().rule().id(),
          data.template().version(),
          data.template().signer());
      out.println("  class      " + policy.vmClass().id());
      out.println(
          "  hosts      "
              + words(policy.requiredHosts(), "any that the guardians find healthy")
              + (policy.bindHost() ? "; only the one that starts it first" : ""));
      out.println(
          "  baselines  " + words(policy.requiredBaselines(), "any that the guardians accept"));
      out.println("  assurance  at least " + policy.minimumAssurance().id());
      out.println("  expires    " + policy.expires().map(Instant::toString).orElse("never"));
      out.println(
          "  going back "
              + switch (policy.checkpoints()) {
                case ALLOW -> "by the fabric's administrators too";
                case OWNER -> "only by the owner's signature";
              });
      out.println("Compare each guardian's id with what its holder told you.");
    }
    out.flush();
  }

  private static String words(List<String> names, String none) {
    return names.isEmpty() ? none : String.join(", ", names);
  }
}
