package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Root speaks to the enclave and the agent himself, and asks for what a hypervisor's monitor can
 * do: the messages are closed sets, and so are their members.
 */
final class MessageAttacks {
  private static final String RUNNING = "the VM runs; root may open both sockets";

  private final Stage stage;

  MessageAttacks(Stage stage) {
    this.stage = stage;
  }

  /** What is asked for, in the words of QEMU's monitor. */
  private record Wish(String name, String tried, String command, String arguments) {}

  private static final List<Wish> WISHES =
      List.of(
          new Wish(
              "dump",
              "dump the guest's memory",
              "dump-guest-memory",
              "\"paging\":false,\"protocol\":\"file:FILE\""),
          new Wish(
              "pmemsave",
              "save the guest's memory",
              "pmemsave",
              "\"val\":0,\"size\":65536,\"filename\":\"FILE\""),
          new Wish(
              "migrate", "migrate the guest into a file", "migrate", "\"uri\":\"exec:cat>FILE\""),
          new Wish(
              "savevm",
              "save the guest's whole state",
              "human-monitor-command",
              "\"command-line\":\"savevm x\""),
          new Wish(
              "hotplug-ivshmem",
              "plug in a device that shares the guest's memory",
              "device_add",
              "\"driver\":\"ivshmem-plain\",\"memdev\":\"m\",\"id\":\"x\""),
          new Wish(
              "hotplug-disk",
              "plug in another disk",
              "blockdev-add",
              "\"driver\":\"file\",\"node-name\":\"x\",\"filename\":\"/etc/passwd\""),
          new Wish(
              "gdbserver",
              "open a debug stub",
              "human-monitor-command",
              "\"command-line\":\"gdbserver tcp::1234\""),
          new Wish(
              "screendump", "take a picture of the screen", "screendump", "\"filename\":\"FILE\""),
          new Wish(
              "chardev",
              "add a console to the firmware's debug port",
              "chardev-add",
              "\"id\":\"x\",\"backend\":{\"type\":\"file\",\"data\":{\"out\":\"FILE\"}}"),
          new Wish("send-key", "type at the console", "send-key", "\"keys\":[]"));

  /** What a definition could ask QEMU for, and how each would be spelt. */
  private record Extra(String name, String member) {}

  private static final List<Extra> EXTRAS =
      List.of(
          new Extra("console", "\"console\":true"),
          new Extra("class", "\"class\":\"encryption-supported\""),
          new Extra("serial", "\"serial\":\"file:FILE\""),
          new Extra("guest-agent", "\"guestAgent\":\"FILE\""),
          new Extra("usb", "\"usb\":[\"1d6b:0002\"]"),
          new Extra("vsock", "\"vsock\":3"),
          new Extra("fw-cfg", "\"fwCfg\":{\"opt/x\":\"y\"}"),
          new Extra("shared-folder", "\"share\":\"/tmp\""),
          new Extra("debug-stub", "\"gdb\":\"tcp::1234\""),
          new Extra("kernel", "\"kernel\":\"/boot/vmlinuz\",\"append\":\"init=/bin/sh\""),
          new Extra("host-device", "\"devices\":[\"vfio-pci,host=00:02.0\"]"),
          new Extra("firmware", "\"firmware\":\"/usr/share/OVMF/OVMF_CODE_4M.fd\""),
          new Extra("secure-boot", "\"secureBoot\":false"),
          new Extra("boot-order", "\"bootOrder\":[\"seed\",\"root\"]"),
          new Extra("second-disk", "\"disks\":[\"/tmp/root.img\"]"),
          new Extra("vtpm-off", "\"vtpm\":false"),
          new Extra("arguments", "\"arguments\":[\"-S\"]"));

  List<Attack> quick() {
    List<Attack> all = new ArrayList<>();
    for (Wish wish : WISHES) {
      all.add(
          new Attack(
              "monitor-" + wish.name(),
              Attacker.A3,
              "P6",
              RUNNING,
              "ask enclave and agent to " + wish.tried() + " (" + wish.command() + ")",
              () -> wish(wish)));
    }
    all.addAll(definitions("web", "definition-"));
    all.add(
        new Attack(
            "definition-name",
            Attacker.A3,
            "P6",
            "a VM's name is the fabric's choice",
            "a name that would be more than a name on QEMU's command line",
            this::name));
    all.add(
        new Attack(
            "enclave-other-user",
            Attacker.A6,
            "P6",
            "a local user who is neither root nor agent",
            "connect to the enclave's socket as nobody",
            this::otherUser));
    return List.copyOf(all);
  }

  /** What a VM's definition cannot ask for, of whichever class the VM is. */
  List<Attack> definitions(String victim, String prefix) {
    List<Attack> all = new ArrayList<>();
    for (Extra extra : EXTRAS) {
      all.add(
          new Attack(
              prefix + extra.name(),
              Attacker.A3,
              "P6",
              "a VM's definition is the fabric's file",
              "add {" + extra.member() + "} to the definition, in vm.json and in the message",
              () -> extra(extra, victim)));
    }
    return List.copyOf(all);
  }

  private Outcome wish(Wish wish) throws Exception {
    Path file = Path.of("/var/tmp/attack-" + System.nanoTime());
    String arguments = wish.arguments().replace("FILE", file.toString());
    String last = "";
    for (String message :
        List.of(
            "{\"execute\":\"%s\",\"arguments\":{%s}}".formatted(wish.command(), arguments),
            "{\"type\":\"%s\",%s}".formatted(wish.command(), arguments),
            "{\"type\":\"qmp\",\"command\":\"%s\",\"arguments\":{%s}}"
                .formatted(wish.command(), arguments),
            "{\"do\":\"%s\",\"name\":\"web\",%s}".formatted(wish.command(), arguments))) {
      for (Path door :
          List.of(Stage.enclaveSocket(stage.host()), Stage.agentSocket(stage.host()))) {
        JsonNode answer = Doors.say(door, message);
        if (!refused(answer)) {
          return new Outcome.Succeeded("answered: " + Stage.shortened(answer.toString()));
        }
        last = answer.toString();
      }
    }
    if (Files.exists(file)) {
      return new Outcome.Succeeded(file + " was written");
    }
    require(stage.running("web"), "the VM does not run any more");
    return new Outcome.Refused(Stage.shortened(last));
  }

  private static boolean refused(JsonNode answer) {
    return answer.path("type").asString("").equals("refused")
        || answer.path("code").asString("").startsWith("malformed")
        || answer.has("failed")
        || answer.toString().contains("malformed");
  }

  private Outcome extra(Extra extra, String victim) throws Exception {
    String member = extra.member().replace("FILE", "/var/tmp/attack-extra");
    JsonNode answer =
        Doors.say(
            Stage.enclaveSocket(stage.host()),
            "{\"type\":\"start\",\"session\":\"x\",\"release\":{},\"directory\":\"/tmp\",\"definition\":"
                + "{\"name\":\"web\",\"cpus\":1,\"memory\":512,"
                + member
                + "},\"network\":\"none\"}");
    if (!answer.path("code").asString("").equals("malformed-message")) {
      return new Outcome.Succeeded("the enclave did not mind: " + answer);
    }
    Path copy = Stage.copy(stage.backup(victim), stage.host(), "extra");
    try {
      Path file = copy.resolve("vm.json");
      String text = Files.readString(file);
      Files.writeString(file, text.replaceFirst("\\{", "{" + quoteReplacement(member) + ","));
      return Stage.startRefused(stage.host(), "extra", Set.of("malformed", "unknown-member"));
    } finally {
      org.shieldwall.cli.demo.Trees.delete(copy);
    }
  }

  private static String quoteReplacement(String text) {
    return java.util.regex.Matcher.quoteReplacement(text);
  }

  private Outcome name() throws Exception {
    long pid = Stage.child(stage.host(), "qemu-system-x86_64");
    String line = Files.readString(Path.of("/proc/" + pid + "/cmdline")).replace('\0', ' ');
    JsonNode answer =
        Doors.say(
            Stage.agentSocket(stage.host()),
            "{\"do\":\"vm-show\",\"name\":\"web,debug-threads=on -gdb tcp::1234\"}");
    require(line.contains("-nodefaults"), "that is not the worker's command line");
    if (line.contains("web")) {
      return new Outcome.Succeeded("the name is on QEMU's command line");
    }
    return refused(answer)
        ? new Outcome.Refused(
            "a name is 1 to 63 letters, digits and hyphens, and QEMU is never told it")
        : new Outcome.Succeeded("the agent took it: " + answer);
  }

  private Outcome otherUser() throws Exception {
    Path door = Stage.enclaveSocket(stage.host());
    Tool.Said said =
        Tool.run(
            "setpriv",
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "--",
            "/usr/bin/test",
            "-w",
            door.toString());
    Tool.Said control =
        Tool.run(
            "setpriv",
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "--",
            "/usr/bin/test",
            "-w",
            "/tmp");
    require(control.exitCode() == 0, "nobody cannot even write to /tmp");
    return said.exitCode() == 0
        ? new Outcome.Succeeded("nobody can open it")
        : new Outcome.Refused("the socket's folder belongs to the enclave's user, mode 0700");
  }
}
