package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.CertificateFactory;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.shieldwall.cli.demo.Trees;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.disk.uefi.UefiVariableStore;
import org.shieldwall.lab.attack.Canaries.Canary;
import org.shieldwall.tpm.Bytes;

/**
 * The VM's files, altered while it does not run. Each is played on a copy of the last state, which
 * unaltered would start: the last of them shows that.
 */
final class StorageAttacks {
  private static final String STOPPED = "the VM is stopped; a copy of its folder would start";
  private static final Path BLANK = Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd");
  private static final Set<String> ALTERED = Set.of("vm-state-altered");

  private final Stage stage;
  private final String victim;

  /** Attacks on the files of the VM {@code victim}. */
  StorageAttacks(Stage stage, String victim) {
    this.stage = stage;
    this.victim = victim;
  }

  /** Does something to a copy of the VM. */
  @FunctionalInterface
  private interface Change {
    void to(Path vm) throws Exception;
  }

  /** What concerns every VM, whatever its class. */
  List<Attack> ofEveryClass() {
    List<Attack> all = new ArrayList<>();
    all.add(
        reading(
            "disk-read",
            "look through every file of the VM for the secret and the keys",
            this::read));
    all.add(
        altered(
            "vtpm-state-altered",
            "P2",
            "change one byte of the vTPM's state",
            ALTERED,
            vm -> flip(vtpm(vm), 100)));
    all.add(
        altered(
            "vtpm-state-removed",
            "P2",
            "remove the vTPM's state, for an empty new one",
            ALTERED,
            vm -> Files.delete(vtpm(vm))));
    all.add(
        altered(
            "vtpm-state-old",
            "P5",
            "put the vTPM's state of last week beside today's disk",
            ALTERED,
            vm -> replace(vtpm(stage.backup(victim)), vtpm(vm))));
    all.add(
        altered(
            "variables-altered",
            "P2",
            "change one byte of the UEFI variables",
            ALTERED,
            vm -> flip(vm.resolve("state/uefi.vars"), 5000)));
    all.add(
        altered(
            "variables-own",
            "P2",
            "put variables without Secure Boot in their place",
            ALTERED,
            vm -> replace(BLANK, vm.resolve("state/uefi.vars"))));
    all.add(
        altered(
            "variables-old",
            "P5",
            "put last week's variables in their place",
            ALTERED,
            vm ->
                replace(
                    stage.backup(victim).resolve("state/uefi.vars"),
                    vm.resolve("state/uefi.vars"))));
    all.add(
        altered(
            "protector-old",
            "P5",
            "put last week's key protector in its place",
            Set.of("generation-superseded"),
            vm ->
                replace(
                    stage.backup(victim).resolve("state/protector.json"),
                    vm.resolve("state/protector.json"))));
    all.add(
        altered(
            "generation-renamed",
            "P5",
            "call the generation's folder by another number",
            ALTERED,
            StorageAttacks::renamed));
    all.add(
        altered(
            "state-elsewhere",
            "P2",
            "lead the state's link to a folder of the attacker's",
            Set.of("vm-state-altered", "not-usable"),
            StorageAttacks::elsewhere));
    all.add(
        altered(
            "disk-link",
            "P2",
            "lead the disk's name to what the enclave has open",
            ALTERED,
            vm -> link(vm.resolve("disk.img"), "/proc/self/fd/3")));
    all.add(
        altered(
            "seed-link",
            "P6",
            "lead the seed's name to a disk of the attacker's",
            ALTERED,
            vm -> link(vm.resolve("seed.img"), "/etc/hostname")));
    all.add(
        altered(
            "disk-pipe",
            "P10",
            "a pipe in the disk's place, to hold the enclave up",
            ALTERED,
            StorageAttacks::pipe));
    all.add(
        altered(
            "restored",
            "P5",
            "put back the whole folder of last week",
            Set.of("generation-superseded"),
            this::restored));
    all.add(
        reading(
            "variables-read",
            "look through the UEFI variables for what every store of them holds in plain",
            this::readVariables));
    all.add(
        new Attack(
            named("vtpm-opened"),
            Attacker.A1,
            "P2",
            STOPPED,
            "open the vTPM's state with an swtpm of the attacker's, without and with a key",
            this::ownSwtpm));
    return List.copyOf(all);
  }

  List<Attack> quick() {
    List<Attack> all = new ArrayList<>(ofEveryClass());
    all.add(
        new Attack(
            "second-copy",
            Attacker.A3,
            "P5",
            "the VM has been started from the committed generation",
            "start a copy of the folder after the VM itself has been started again",
            this::secondCopy));
    return List.copyOf(all);
  }

  private String named(String name) {
    return victim.equals(Stage.OPEN_VM) ? "open-" + name : name;
  }

  private Attack reading(String name, String tried, Attack.Play play) {
    return new Attack(
        named(name), Attacker.A1, "P1", "the VM has been made, run and stopped", tried, play);
  }

  private Attack altered(
      String name, String promise, String tried, Set<String> codes, Change change) {
    return new Attack(named(name), Attacker.A1, promise, STOPPED, tried, () -> play(change, codes));
  }

  private Outcome play(Change change, Set<String> codes) throws Exception {
    require(!stage.running(victim), "the VM runs");
    Path copy = Stage.copy(stage.folder(victim), stage.host(), "altered");
    try {
      change.to(copy);
      return Stage.startRefused(stage.host(), "altered", codes);
    } finally {
      Trees.delete(copy);
      if (Files.exists(elsewhereOf(copy))) {
        Trees.delete(elsewhereOf(copy));
      }
    }
  }

  private Outcome read() throws Exception {
    Search control = new Search(List.of(stage.canaries().ownersSecret()));
    control.tree(stage.demo().owner, Set.of());
    require(!control.found().isEmpty(), "the search misses the secret in the owner's own file");
    Search search = new Search(stage.canaries().of(stage.folder(victim)));
    search.tree(stage.folder(victim), Set.of());
    search.tree(stage.backup(victim), Set.of());
    require(search.regions() >= 8, "the VM's files were not seen");
    return search.found().isEmpty()
        ? new Outcome.Refused(
            search.regions() + " files, " + (search.bytes() >> 20) + " MiB: ciphertext")
        : new Outcome.Succeeded(String.join(", ", search.found()));
  }

  /** A store begins with a volume header, and its variables are named in UTF-16. */
  private Outcome readVariables() throws Exception {
    List<Canary> plain =
        List.of(
            new Canary("a volume header", "_FVH".getBytes(StandardCharsets.US_ASCII)),
            new Canary("the name of a variable", "KEK".getBytes(StandardCharsets.UTF_16LE)),
            new Canary("the certificate for db", certificate()),
            new Canary(
                "the format of authenticated variables",
                HexFormat.of().parseHex("782cf3aa7b949a43a1802e144ec37792")));
    Search control = new Search(plain);
    byte[] known =
        SecureBootPolicy.of(List.of(Bytes.of(certificate())), List.of())
            .enrolInto(
                UefiVariableStore.parse(Files.readAllBytes(BLANK)),
                LocalDateTime.now(ZoneOffset.UTC))
            .toBytes();
    control.block(known, known.length, "a store as every VM's was once");
    require(control.found().size() == plain.size(), "not found in plain: " + control.found());
    Search search = new Search(plain);
    for (Path vm : List.of(stage.folder(victim), stage.backup(victim))) {
      search.file(vm.resolve("state/uefi.vars"));
    }
    require(search.bytes() > 2 * (500 << 10), "the variables were not seen");
    return search.found().isEmpty()
        ? new Outcome.Refused((search.bytes() >> 10) + " KiB of ciphertext")
        : new Outcome.Succeeded(String.join(", ", search.found()));
  }

  private byte[] certificate() throws Exception {
    try (InputStream in = Files.newInputStream(stage.demo().template.resolve("secureboot.crt"))) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in).getEncoded();
    }
  }

  private static Path vtpm(Path vm) {
    return vm.resolve("state/vtpm/tpm2-00.permall");
  }

  static void flip(Path file, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[Math.min(at, bytes.length - 1)] ^= 1;
    Files.write(file, bytes);
  }

  private static void replace(Path by, Path file) throws IOException {
    Files.write(file, Files.readAllBytes(by));
  }

  private static void link(Path file, String target) throws IOException {
    Files.delete(file);
    Files.createSymbolicLink(file, Path.of(target));
  }

  private static void renamed(Path vm) throws IOException {
    Path old = vm.resolve("state").toRealPath();
    Path fresh = vm.resolve("state.4711");
    Files.move(old, fresh);
    link(vm.resolve("state"), "state.4711");
  }

  private static Path elsewhereOf(Path vm) {
    return vm.resolveSibling("altered-elsewhere");
  }

  private static void elsewhere(Path vm) throws IOException {
    Path own = Files.createDirectories(elsewhereOf(vm));
    try (Stream<Path> files = Files.walk(vm.resolve("state").toRealPath())) {
      Path from = vm.resolve("state").toRealPath();
      for (Path file : files.toList()) {
        Files.copy(
            file,
            own.resolve(from.relativize(file).toString()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    link(vm.resolve("state"), own.toString());
  }

  private static void pipe(Path vm) throws Exception {
    Files.delete(vm.resolve("disk.img"));
    require(
        Tool.run("mkfifo", "-m", "666", vm.resolve("disk.img").toString()).exitCode() == 0,
        "no pipe was made");
  }

  private void restored(Path vm) throws Exception {
    Trees.delete(vm);
    Trees.copy(stage.backup(victim), vm);
  }

  private Outcome ownSwtpm() throws Exception {
    Path own = Files.createTempDirectory(Path.of("/var/tmp"), "attack-vtpm");
    try {
      Path control = Files.createDirectory(own.resolve("control"));
      boolean made = opens(control, "");
      require(made && opens(control, ""), "not even an open state opens");
      Path state = Files.createDirectory(own.resolve("state"));
      replace(vtpm(stage.folder(victim)), state.resolve("tpm2-00.permall"));
      Path key = own.resolve("key");
      Files.writeString(key, "00".repeat(32), StandardCharsets.US_ASCII);
      if (opens(state, "") || opens(state, "file=" + key + ",format=hex,mode=aes-256-cbc")) {
        return new Outcome.Succeeded("an swtpm took the state");
      }
      return new Outcome.Refused("swtpm refuses the state without its key, and with another");
    } finally {
      Trees.delete(own);
    }
  }

  private static boolean opens(Path state, String key) throws Exception {
    List<String> line = new ArrayList<>(List.of("socket", "--tpm2", "--flags", "startup-clear"));
    line.addAll(List.of("--tpmstate", "dir=" + state));
    line.addAll(List.of("--server", "type=unixio,path=" + state.resolve("s"), "--terminate"));
    line.addAll(List.of("--ctrl", "type=unixio,path=" + state.resolve("c")));
    if (!key.isEmpty()) {
      line.addAll(List.of("--key", key));
    }
    line.addFirst(Tool.path("swtpm"));
    Process swtpm =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    // It makes its sockets, and reads its state at the start; one that cannot ends at once.
    boolean ended = swtpm.waitFor(1, java.util.concurrent.TimeUnit.SECONDS);
    swtpm.destroy();
    swtpm.waitFor();
    Files.deleteIfExists(state.resolve("s"));
    Files.deleteIfExists(state.resolve("c"));
    return !ended;
  }

  private Outcome secondCopy() throws Exception {
    Path copy = Stage.copy(stage.folder(victim), stage.host(), "second");
    try {
      stage.startVm();
      stage.stopVm();
      stage.startVm();
      stage.stopVm();
      return Stage.startRefused(stage.host(), "second", Set.of("generation-superseded"));
    } finally {
      Trees.delete(copy);
    }
  }
}
