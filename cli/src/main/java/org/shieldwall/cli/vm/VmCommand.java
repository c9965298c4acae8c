package org.shieldwall.cli.vm;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.host.AgentOptions;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.host.agent.AgentRequest;
import org.shieldwall.host.vm.GuestAddress;
import org.shieldwall.host.vm.GuestNetwork;
import org.shieldwall.host.vm.PortForward;
import org.shieldwall.host.vm.VmDefinition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code vm create | start | stop | list | show | delete}, and the others beside this file. */
@Command(
    name = "vm",
    description = "Create, start, save, back up and delete shielded VMs on this host.",
    subcommands = {
      SaveCommand.class,
      RestoreCommand.class,
      BackupCommand.class,
      BackupsCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      MigrateCommand.class,
      ConsoleCommand.class,
      SerialCommand.class
    },
    mixinStandardHelpOptions = true)
public final class VmCommand implements Runnable {
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,8})([MGT])");

  private static final String ANY = "any";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "create",
      description = {
        "Make a VM from a signed template and an owner's shielding data.",
        "The template is verified while it is copied; the root is encrypted as it is written."
      },
      mixinStandardHelpOptions = true)
  int create(
      @Mixin AgentOptions agent,
      @Option(
              names = "--name",
              required = true,
              paramLabel = "NAME",
              description = "The VM's name on this host.")
          String name,
      @Option(
              names = "--template",
              required = true,
              paramLabel = "IMAGE",
              description = "The template's raw disk image.")
          Path template,
      @Option(
              names = "--catalog",
              required = true,
              paramLabel = "FILE",
              description = "The template's volume signature catalog.")
          Path catalog,
      @Option(
              names = "--data",
              required = true,
              paramLabel = "FILE",
              description = "The owner's shielding data.")
          Path data,
      @Option(
              names = "--memory",
              defaultValue = "1024",
              paramLabel = "MIB",
              description = "Memory in MiB. Default: 1024.")
          int memory,
      @Option(
              names = "--cpus",
              defaultValue = "1",
              paramLabel = "N",
              description = "Processors. Default: 1.")
          int cpus,
      @Option(
              names = "--disk-size",
              paramLabel = "SIZE",
              description = "Size of the disk, like 20G. Default: the template's own.")
          @Nullable String diskSize,
      @Option(
              names = "--forward",
              paramLabel = "ADDRESS:PORT:GUEST-PORT",
              description =
                  "A port of this host that leads to the guest, like 127.0.0.1:8080:80. May be"
                      + " given several times.")
          @Nullable List<String> forwards,
      @Option(
              names = "--tap",
              paramLabel = "DEVICE",
              description =
                  "Connect the guest to this TAP device of the host, which you have made and"
                      + " bridged, instead of sharing the host's network.")
          @Nullable String tap,
      @Option(
              names = "--address",
              paramLabel = "ADDRESS",
              description = {
                "With --tap: an address that the guest may use as its own; frames from others are"
                    + " dropped. May be given several times.",
                "\"any\" lets it use whichever it likes; its card's address is checked all the same."
              })
          @Nullable List<String> addresses) {
    checkName(name);
    check(cpus >= 1 && cpus <= VmDefinition.MAX_CPUS, "--cpus", "1 to " + VmDefinition.MAX_CPUS);
    check(
        memory >= VmDefinition.MIN_MEMORY && memory <= VmDefinition.MAX_MEMORY,
        "--memory",
        VmDefinition.MIN_MEMORY + " to " + VmDefinition.MAX_MEMORY + " MiB");
    return agent.ask(
        new AgentRequest.VmCreate(
            name,
            template.toAbsolutePath(),
            catalog.toAbsolutePath(),
            data.toAbsolutePath(),
            cpus,
            memory,
            bytes(diskSize),
            network(forwards, tap, addresses)),
        spec.commandLine().getOut(),
        (vm, out) -> {
          show(vm, out);
          out.println("Next: shieldwall vm start " + name);
        });
  }

  @Command(
      name = "start",
      description = {
        "Start a VM: asks the HGS for its key, rolls it, starts the worker.",
        "A VM that was saved goes on from its memory."
      },
      mixinStandardHelpOptions = true)
  int start(
      @Mixin AgentOptions agent,
      @Parameters(paramLabel = "NAME", description = "The VM.") String name,
      @Option(
              names = "--owner-grant",
              paramLabel = "FILE",
              description =
                  "The owner's grant to start once from this older state: owner grant restore.")
          @Nullable Path grant,
      @Option(
              names = "--discard-saved",
              description =
                  "Give up the saved memory of a VM that was saved, and boot it from its disk.")
          boolean discard) {
    checkName(name);
    return agent.ask(
        new AgentRequest.VmStart(
            name,
            Optional.ofNullable(grant).map(Path::toAbsolutePath),
            discard ? Request.Saved.DISCARD : Request.Saved.USE),
        spec.commandLine().getOut(),
        VmCommand::started);
  }

  static void started(JsonNode vm, PrintWriter out) {
    out.printf(
        "%s %s on %s, generation %d%n",
        vm.path("name").asString(),
        vm.path("resumed").asBoolean() ? "goes on from its saved memory" : "started",
        vm.path("accelerator").asString(),
        vm.path("generation").asLong());
  }

  @Command(
      name = "stop",
      description = "Ask the guest to shut down; with --force, pull the plug.",
      mixinStandardHelpOptions = true)
  int stop(
      @Mixin AgentOptions agent,
      @Parameters(paramLabel = "NAME", description = "The VM.") String name,
      @Option(names = "--force", description = "End the VM at once; the guest may lose data.")
          boolean force,
      @Option(
              names = "--wait",
              defaultValue = "90",
              paramLabel = "SECONDS",
              description = "How long the guest may take to shut down. Default: 90.")
          int wait) {
    checkName(name);
    check(wait >= 0 && wait <= AgentRequest.MAX_WAIT, "--wait", "0 to " + AgentRequest.MAX_WAIT);
    return agent.ask(
        new AgentRequest.VmStop(name, force, wait),
        spec.commandLine().getOut(),
        (vm, out) -> out.println(name + " stopped: " + vm.path("how").asString()));
  }

  @Command(
      name = "list",
      description = "List the VMs on this host.",
      mixinStandardHelpOptions = true)
  int list(@Mixin AgentOptions agent) {
    return agent.ask(
        new AgentRequest.VmList(),
        spec.commandLine().getOut(),
        (result, out) -> {
          out.printf(
              "%-24s %-10s %10s  %-20s  %s%n",
              "NAME", "STATE", "GENERATION", "LEASE UNTIL", "OWNER");
          for (JsonNode vm : result.path("vms")) {
            out.printf(
                "%-24s %-10s %10d  %-20s  %s%n",
                vm.path("name").asString(),
                vm.path("state").asString(),
                vm.path("generation").asLong(),
                vm.path("leaseUntil").asString("-"),
                vm.path("owner").asString());
          }
        });
  }

  @Command(name = "show", description = "Show one VM.", mixinStandardHelpOptions = true)
  int show(
      @Mixin AgentOptions agent,
      @Parameters(paramLabel = "NAME", description = "The VM.") String name) {
    checkName(name);
    return agent.ask(new AgentRequest.VmShow(name), spec.commandLine().getOut(), VmCommand::show);
  }

  @Command(
      name = "delete",
      description = "Delete a VM's disks, vTPM and keys on this host. There is no way back.",
      mixinStandardHelpOptions = true)
  int delete(
      @Mixin AgentOptions agent,
      @Parameters(paramLabel = "NAME", description = "The VM.") String name,
      @Option(names = "--yes", description = "Really delete. Without it, only show what would be.")
          boolean yes) {
    checkName(name);
    if (!yes) {
      int exitCode =
          agent.ask(new AgentRequest.VmShow(name), spec.commandLine().getOut(), VmCommand::show);
      if (exitCode == 0 && !agent.json()) {
        spec.commandLine().getOut().println("Nothing was deleted; to delete it, add --yes.");
        spec.commandLine().getOut().flush();
      }
      return exitCode;
    }
    return agent.ask(
        new AgentRequest.VmDelete(name),
        spec.commandLine().getOut(),
        (vm, out) -> out.println(name + " deleted"));
  }

  private static void show(JsonNode vm, PrintWriter out) {
    vm.properties()
        .forEach(entry ->
            out.printf(
                "%-12s %s%n",
                entry.getKey(),
                entry.getValue().isContainer()
                    ? entry.getValue().toString()
                    : entry.getValue().asString()));
  }

  static void checkName(String name) {
    check(
        VmDefinition.isName(name),
        "\"" + name + "\" as a VM's name",
        "1 to 63 lower-case letters, digits and hyphens");
  }

  static void check(boolean good, String what, String shape) {
    if (!good) {
      throw new Failure(what + " is not possible", "use " + shape, Failure.MALFORMED);
    }
  }

  private static long bytes(@Nullable String size) {
    if (size == null) {
      return 0;
    }
    Matcher matcher = SIZE.matcher(size);
    check(matcher.matches(), "--disk-size " + size, "a number and M, G or T, like 20G");
    int shift =
        switch (matcher.group(2)) {
          case "M" -> 20;
          case "G" -> 30;
          default -> 40;
        };
    long number = Long.parseLong(matcher.group(1));
    check(number <= (1L << 50) >> shift, "--disk-size " + size, "at most 1024T");
    return number << shift;
  }

  private static GuestNetwork network(
      @Nullable List<String> forwards, @Nullable String tap, @Nullable List<String> addresses) {
    if (tap == null) {
      check(addresses == null, "--address without --tap", "both, or none of them");
      return new GuestNetwork.Shared(forwards(forwards));
    }
    check(tap.matches(GuestNetwork.TAP_NAME), "--tap " + tap, "a device's name, like vmtap0");
    check(forwards == null, "--forward together with --tap", "one of them");
    check(
        addresses != null,
        "--tap without --address",
        "--address with each address of the guest's, or --address any");
    return new GuestNetwork.Tap(tap, addresses(List.copyOf(addresses)));
  }

  private static List<GuestAddress> addresses(List<String> texts) {
    if (texts.equals(List.of(ANY))) {
      return List.of();
    }
    check(
        texts.size() <= GuestAddress.MAX, "--address", "at most " + GuestAddress.MAX + " of them");
    List<GuestAddress> addresses = new ArrayList<>();
    for (String text : texts) {
      addresses.add(
          GuestAddress.parse(text)
              .orElseThrow(() ->
                  new Failure(
                      "--address " + text + " is not possible",
                      "use " + GuestAddress.SHAPE + ", or \"any\" alone",
                      Failure.MALFORMED)));
    }
    return addresses;
  }

  private static List<PortForward> forwards(@Nullable List<String> texts) {
    List<PortForward> forwards = new ArrayList<>();
    for (String text : texts == null ? List.<String>of() : texts) {
      forwards.add(
          PortForward.parse(text)
              .orElseThrow(() ->
                  new Failure(
                      "--forward " + text + " is not possible",
                      "use " + PortForward.SHAPE,
                      Failure.MALFORMED)));
    }
    return forwards;
  }
}
