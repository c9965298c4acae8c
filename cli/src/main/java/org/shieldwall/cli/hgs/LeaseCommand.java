package org.shieldwall.cli.hgs;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.cli.owner.SigningKey;
import org.shieldwall.hgs.store.StoredLease;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.LeaseWord;
import org.shieldwall.protector.ProtectorException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs lease list | show | word | break}. */
@Command(
    name = "lease",
    description = "See where VMs run, and free the VM of a dead host.",
    mixinStandardHelpOptions = true)
final class LeaseCommand implements Runnable {
  private static final int MAX_LEASE = 64 << 10;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "list",
      description = "List which host has which VM, and until when.",
      mixinStandardHelpOptions = true)
  void list(
      @Option(names = "--all", description = "Those that are over as well.") boolean all,
      @Mixin HgsOptions options) {
    Instant now = Instant.now();
    List<StoredLease> leases =
        options.administer(admin -> admin.leases().list()).stream()
            .filter(each -> all || each.counts(now))
            .toList();
    ObjectNode node = Output.object();
    ArrayNode array = node.putArray("leases");
    leases.forEach(each -> array.add(json(each, now)));
    options.print(
        node,
        () -> {
          if (leases.isEmpty()) {
            options.out().println("No VM runs.");
          }
          leases.forEach(each ->
              options
                  .out()
                  .printf(
                      "%s  %-20s  %-7s  %s%n",
                      each.vm(), each.host(), word(each, now), each.until()));
        });
  }

  @Command(
      name = "show",
      description = {
        "Show which host has a VM, since when and until when.",
        "With --json it is what administrators sign to break it: shieldwall hgs lease word."
      },
      mixinStandardHelpOptions = true)
  void show(
      @Parameters(paramLabel = "VM", description = "The VM's id.") UUID vm,
      @Mixin HgsOptions options) {
    StoredLease lease = options.administer(admin -> admin.leases().show(vm));
    Instant now = Instant.now();
    ObjectNode node = json(lease, now);
    options.print(
        node,
        () ->
            node.properties()
                .forEach(entry ->
                    options
                        .out()
                        .printf("%-12s %s%n", entry.getKey(), entry.getValue().asString())));
  }

  @Command(
      name = "word",
      description = {
        "Sign that the host of a lease is dead and its VM may start elsewhere.",
        "Each administrator does so with a key of their own, on a machine of their own; it takes"
            + " two. Be sure: if that host lives, the VM runs twice until its lease is over there."
      },
      mixinStandardHelpOptions = true)
  void sign(
      @Parameters(paramLabel = "FILE", description = "What lease show --json printed.") Path file,
      @Option(
              names = "--key",
              required = true,
              paramLabel = "FILE",
              description = "Your private guardian file.")
          Path key,
      @Mixin SigningKey unlocking,
      @Option(names = "--out", required = true, paramLabel = "FILE", description = "The word.")
          Path out,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    LeaseWord.Subject subject;
    try {
      subject =
          LeaseWord.Subject.fromJson(
              Json.parse(InputFile.read(file, MAX_LEASE), file.toString(), MAX_LEASE));
    } catch (ProtectorException problem) {
      throw new Failure(
          file + " is no lease: " + problem.detail(),
          "shieldwall hgs lease show VM --json > " + file,
          Failure.MALFORMED);
    }
    SecureRandom random = new SecureRandom();
    GuardianKey signer = unlocking.open(key, random);
    LeaseWord word = LeaseWord.sign(subject, Instant.now(), signer.keys(), random);
    SigningKey.writeNew(out, word.toBytes());
    PrintWriter to = spec.commandLine().getOut();
    if (json) {
      to.println(
          Output.indented(
              Output.object()
                  .put("vm", subject.vm().toString())
                  .put("signer", signer.guardian().name())
                  .put("id", signer.guardian().id().text())
                  .put("word", out.toString())));
    } else {
      to.println(signer.guardian().name() + " says that VM " + subject.vm() + " may be freed");
      to.println(
          "Next: shieldwall hgs lease break " + subject.vm() + " --word " + out + " --word OTHER");
    }
    to.flush();
  }

  @Command(
      name = "break",
      description = {
        "Take a VM from a host that is dead, by the words of two administrators, so that it can"
            + " start elsewhere at once. Recorded in the audit log.",
        "If that host lives and was only cut off, the VM runs twice until its lease is over there."
      },
      mixinStandardHelpOptions = true)
  void breakIt(
      @Parameters(paramLabel = "VM", description = "The VM's id.") UUID vm,
      @Option(
              names = "--word",
              required = true,
              paramLabel = "FILE",
              description = "What an administrator has signed. Give two.")
          List<Path> words,
      @Mixin HgsOptions options) {
    List<LeaseWord> said = words.stream().map(LeaseCommand::read).toList();
    StoredLease broken = options.administer(admin -> admin.leases().breakLease(vm, said));
    options.print(
        Output.object().put("vm", vm.toString()).put("host", broken.host()).put("broken", true),
        () ->
            options
                .out()
                .println(
                    "VM "
                        + vm
                        + " is taken from host "
                        + broken.host()
                        + " and may start elsewhere"));
  }

  private static LeaseWord read(Path file) {
    try {
      return LeaseWord.untrusted(InputFile.read(file, LeaseWord.MAX_BYTES));
    } catch (ProtectorException problem) {
      throw new Failure(
          file + " is no word about a lease: " + problem.detail(),
          "shieldwall hgs lease word",
          Failure.MALFORMED);
    }
  }

  private static ObjectNode json(StoredLease lease, Instant now) {
    return Output.object()
        .put("vm", lease.vm().toString())
        .put("host", lease.host())
        .put("state", word(lease, now))
        .put("since", lease.since().toString())
        .put("until", lease.until().toString())
        .put("generation", lease.generation())
        .put("grant", lease.grant())
        .put("enclave", lease.enclave());
  }

  private static String word(StoredLease lease, Instant now) {
    return lease.state() == StoredLease.State.HELD && !lease.counts(now)
        ? "over"
        : lease.state().id();
  }
}
