package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.lab.attack.Canaries.Canary;

/** Whoever comes afterwards and looks everywhere for what was left behind. */
final class SearchAttacks {
  private static final String PLAYED = "a VM has been made, started and stopped on this host";

  private final Stage stage;

  SearchAttacks(Stage stage) {
    this.stage = stage;
  }

  List<Attack> quick() {
    return List.of(
        attack(
            "search-arguments",
            "the arguments and the environment of every process",
            this::processes),
        attack(
            "search-host",
            "every file of the host: store, run folder, logs, certificates",
            () -> tree(stage.host().directory())),
        attack(
            "search-service",
            "every file of the service: database, logs, keys",
            () -> tree(stage.demo().hgs)),
        attack("search-logs", "what agent and service wrote to their logs", this::logs),
        attack("search-temporary", "/tmp, /var/tmp, /run and /dev/shm", this::temporary),
        attack(
            "search-system-logs", "the system's logs, journal and crash reports", this::systemLogs),
        attack("search-metrics", "what agent, enclave and service tell of themselves", this::told),
        attack(
            "search-descriptors",
            "deleted and unnamed files that some process has open",
            this::unnamed));
  }

  private static Attack attack(String name, String tried, Attack.Play play) {
    return new Attack(name, Attacker.A3, "P1", PLAYED, "search " + tried, play);
  }

  private List<Canary> wanted() throws Exception {
    List<Canary> all = new ArrayList<>(stage.canaries().of(stage.vm()));
    all.addAll(stage.canaries().of(stage.backup()));
    all.addAll(stage.canaries().ofData(stage.data()));
    return all;
  }

  private static Outcome judged(Search search, String what) {
    return search.found().isEmpty()
        ? new Outcome.Refused(what + ", " + (search.bytes() >> 10) + " KiB: nothing")
        : new Outcome.Succeeded(String.join(", ", search.found()));
  }

  private Outcome processes() throws Exception {
    Search search = new Search(wanted());
    int count = 0;
    for (long pid : stage.processes()) {
      for (String file : List.of("cmdline", "environ")) {
        try {
          byte[] bytes = Files.readAllBytes(Path.of("/proc/" + pid + "/" + file));
          search.block(bytes, bytes.length, file + " of process " + pid);
          count++;
        } catch (IOException gone) {
          // It ended in this moment.
        }
      }
    }
    require(count > 10, "hardly a process was seen");
    return judged(search, count + " files of /proc");
  }

  private Outcome tree(Path folder) throws Exception {
    Search search = new Search(wanted());
    search.tree(folder, Set.of());
    require(search.regions() > 2, "hardly a file was seen");
    return judged(search, search.regions() + " files");
  }

  private Outcome logs() throws Exception {
    Search search = new Search(wanted());
    try (var files = Files.list(stage.demo().work)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".log")).toList()) {
        require(Files.size(file) > 0, file + " is empty");
        search.file(file);
      }
    }
    require(search.regions() >= 2, "the logs were not seen");
    return judged(search, search.regions() + " logs");
  }

  private Outcome temporary() throws Exception {
    Search search = new Search(wanted());
    for (String place : List.of("/tmp", "/run", "/dev/shm", "/var/tmp")) {
      if (Files.isDirectory(Path.of(place))) {
        // The owner's own machine is played in the folder of the suite.
        search.tree(Path.of(place), Set.of(stage.demo().owner, stage.demo().work), stage.began());
      }
    }
    return judged(search, search.regions() + " files");
  }

  private Outcome systemLogs() throws Exception {
    Search search = new Search(wanted());
    for (String place : List.of("/var/log", "/var/crash", "/var/lib/systemd/coredump")) {
      if (Files.isDirectory(Path.of(place))) {
        search.tree(Path.of(place), Set.of(), stage.began());
      }
    }
    return judged(search, search.regions() + " files");
  }

  /** There are no metrics: what there is instead is asked for, and searched. */
  private Outcome told() throws Exception {
    Search search = new Search(wanted());
    for (List<Object> command :
        List.<List<Object>>of(
            List.of("host", "status"),
            List.of("host", "status", "--hardening"),
            List.of("vm", "list"),
            List.of("vm", "show", "web"))) {
      Command.Result result = stage.host().run(command.toArray()).orFail();
      byte[] said = (result.output() + result.complaints()).getBytes(StandardCharsets.UTF_8);
      require(said.length > 20, command + " says nothing");
      search.block(said, said.length, command.toString());
    }
    List<String> answered = new ArrayList<>();
    URI service = URI.create(stage.demo().hgsUrl());
    for (String path : List.of("/metrics", "/observe/metrics", "/observe", "/stats", "/actuator")) {
      // curl knows no more than the pinned certificate, as a scraper would.
      Tool.Said said =
          Tool.run(
              "curl",
              "--silent",
              "--cacert",
              stage.demo().hgsCertificate().toString(),
              "--write-out",
              "%{http_code}",
              service.resolve(path).toString());
      byte[] bytes = said.text().getBytes(StandardCharsets.ISO_8859_1);
      search.block(bytes, bytes.length, path);
      if (!said.text().endsWith("404")) {
        answered.add(path + " answers " + Stage.shortened(said.last()));
      }
    }
    if (!answered.isEmpty()) {
      return new Outcome.Failed("there are metrics that nobody has searched: " + answered);
    }
    return judged(search, "there are no metrics; status, hardening and VM reports");
  }

  private Outcome unnamed() throws Exception {
    Search search = new Search(wanted());
    for (long pid : stage.processes()) {
      try (var links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
        for (Path link : links.toList()) {
          String target = Files.readSymbolicLink(link).toString();
          if (target.startsWith("/memfd:") || target.endsWith(" (deleted)")) {
            search.file(link);
          }
        }
      } catch (IOException gone) {
        // It ended in this moment.
      }
    }
    return judged(search, search.regions() + " unnamed files");
  }
}
