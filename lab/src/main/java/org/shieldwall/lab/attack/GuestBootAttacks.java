package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.shieldwall.cli.demo.Trees;

/**
 * What a guest boots from, replaced on the disk. The enclave starts the worker, because a disk's
 * content is the guest's to judge; the guest must then not come to its owner's secret: the firmware
 * starts nothing that is not signed, and the vTPM opens the disk to nothing else.
 */
final class GuestBootAttacks {
  private static final long ESP = 1 << 20;
  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final int CHECKSUM = 448;
  private static final String BOOT_FILE = "::/EFI/BOOT/BOOTX64.EFI";

  private final Stage stage;
  private final Path tools;
  private Duration usual = Duration.ZERO;

  GuestBootAttacks(Stage stage) {
    this.stage = stage;
    this.tools = stage.demo().work.resolve("attacker-boot");
  }

  /** Does something to the disks of a copy of the VM. */
  @FunctionalInterface
  private interface Change {
    void to(Path vm) throws Exception;
  }

  List<Attack> full() {
    List<Attack> all = new ArrayList<>();
    all.add(boot("uki-altered", "change one byte of the kernel image", this::alteredImage));
    all.add(boot("uki-unsigned", "an image without a signature", vm -> image(vm, "", false)));
    all.add(
        boot(
            "uki-own-key", "an image signed by the attacker's own key", vm -> image(vm, "", true)));
    all.add(
        boot(
            "uki-command-line",
            "the same image with init=/bin/sh on its command line",
            vm -> image(vm, "init=/bin/sh ", true)));
    all.add(
        boot(
            "root-volume-plain",
            "a plain file system of the attacker's as the root volume",
            this::plainRoot));
    all.add(
        boot(
            "root-volume-of-another",
            "another VM's root volume in place of this one's",
            this::otherRoot));
    all.add(
        boot(
            "seed-volume-plain",
            "a plain seed of the attacker's with a script to run",
            this::plainSeed));
    all.add(
        boot(
            "luks-header-altered",
            "a LUKS header without encryption over the same data",
            GuestBootAttacks::headerAltered));
    all.add(
        boot(
            "second-disk-same-labels",
            "a second disk with the root disk's partition table, ids and labels, and plain content",
            this::sameLabels));
    all.add(
        boot(
            "boot-order",
            "an empty boot partition, and a second disk with an image of the attacker's to boot",
            this::otherBootDisk));
    all.add(
        new Attack(
            "disk-old-vtpm-new",
            Attacker.A1,
            "P5",
            "the VM has run since the copy was made",
            "put last week's disk beside today's vTPM",
            this::oldDisk));
    return List.copyOf(all);
  }

  private Attack boot(String name, String tried, Change change) {
    return new Attack(
        name,
        Attacker.A1,
        "P1",
        "the same disk unaltered boots and serves the secret",
        "start the guest from " + tried,
        () -> play(change));
  }

  /** The victim itself: how long it takes to serve its secret, once. */
  private void control() throws Exception {
    if (usual.isZero()) {
      Files.createDirectories(tools);
      long began = System.nanoTime();
      stage.startVm();
      require(serves(LIMIT), "the unaltered VM does not serve its secret");
      usual = Duration.ofNanos(System.nanoTime() - began);
      stage.host().run("vm", "stop", "web").orFail();
    }
  }

  private Outcome play(Change change) throws Exception {
    control();
    Path before = keep();
    try {
      change.to(stage.vm());
      stage.startVm();
      Duration patience = usual.multipliedBy(2).plusSeconds(10);
      if (serves(patience)) {
        return new Outcome.Succeeded("the guest serves the owner's secret");
      }
      String state = stage.host().run("vm", "show", "web").output().path("state").asString("");
      return new Outcome.Refused(
          state.equals("running")
              ? "the firmware starts nothing: silent for "
                  + patience.toSeconds()
                  + " s, where the unaltered guest serves after "
                  + usual.toSeconds()
                  + " s"
              : "the guest opens no disk and switches itself off (" + state + ")");
    } finally {
      stage.stopVm();
      restore(before);
    }
  }

  private Path keep() throws Exception {
    Path before = tools.resolve("before");
    if (Files.exists(before)) {
      Trees.delete(before);
    }
    Trees.copy(stage.vm(), before);
    return before;
  }

  /** The altered disks go; what the start has rolled stays, as it would for an attacker. */
  private void restore(Path before) throws Exception {
    for (String disk : List.of("disk.img", "seed.img")) {
      Files.deleteIfExists(stage.vm().resolve(disk));
      Trees.copy(before.resolve(disk), stage.vm().resolve(disk));
    }
  }

  private boolean serves(Duration limit) throws IOException, InterruptedException {
    return SecretPage.served(stage, limit);
  }

  private static String esp(Path vm) {
    return vm.resolve("disk.img") + "@@" + ESP;
  }

  private static void run(String tool, String... arguments) throws Exception {
    Tool.Said said = Tool.run(tool, arguments);
    require(said.exitCode() == 0, tool + ": " + said.last());
  }

  private Path bootFile(Path vm) throws Exception {
    Path file = tools.resolve("boot.efi");
    Files.deleteIfExists(file);
    run("mcopy", "-n", "-i", esp(vm), BOOT_FILE, file.toString());
    return file;
  }

  private static void putBootFile(Path vm, Path file) throws Exception {
    run("mcopy", "-o", "-i", esp(vm), file.toString(), BOOT_FILE);
  }

  private void alteredImage(Path vm) throws Exception {
    Path file = bootFile(vm);
    StorageAttacks.flip(file, 1 << 20);
    putBootFile(vm, file);
  }

  private void image(Path vm, String words, boolean sign) throws Exception {
    Path file = bootFile(vm);
    if (!words.isEmpty()) {
      Path line = tools.resolve("cmdline");
      run("objcopy", "-O", "binary", "--only-section=.cmdline", file.toString(), line.toString());
      String old = Files.readString(line, StandardCharsets.UTF_8);
      Files.writeString(line, words + old);
      run("objcopy", "--update-section", ".cmdline=" + line, file.toString());
    }
    if (sign) {
      signed(file);
    } else {
      Tool.run("sbattach", "--remove", file.toString());
    }
    putBootFile(vm, file);
  }

  /** Signs a boot file with a key of the attacker's own. */
  private void signed(Path file) throws Exception {
    // A signature that is there and does not fit would be refused as an altered image is.
    Tool.run("sbattach", "--remove", file.toString());
    Path key = tools.resolve("own.key");
    Path certificate = tools.resolve("own.crt");
    run(
        "openssl",
        "req",
        "-new",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=own",
        "-days",
        "30",
        "-keyout",
        key.toString(),
        "-out",
        certificate.toString());
    run(
        "sbsign",
        "--key",
        key.toString(),
        "--cert",
        certificate.toString(),
        "--output",
        file.toString(),
        file.toString());
  }

  /** {@return where the second partition begins} From the GPT's second entry. */
  private static long rootOffset(Path disk) throws IOException {
    try (var file = new java.io.RandomAccessFile(disk.toFile(), "r")) {
      file.seek(1024 + 128 + 32);
      return Long.reverseBytes(file.readLong()) * 512;
    }
  }

  private static void write(Path disk, long at, Path content) throws Exception {
    run(
        "dd",
        "if=" + content,
        "of=" + disk,
        "bs=1M",
        "oflag=seek_bytes",
        "seek=" + at,
        "conv=notrunc",
        "status=none");
  }

  private void plainRoot(Path vm) throws Exception {
    Path disk = vm.resolve("disk.img");
    write(disk, rootOffset(disk), plainFileSystem());
  }

  private Path plainFileSystem() throws Exception {
    Path root = Files.createDirectories(tools.resolve("root/srv/www"));
    Files.writeString(root.resolve("secret"), stage.demo().secret);
    Path image = tools.resolve("root.img");
    Files.deleteIfExists(image);
    String tree = tools.resolve("root").toString();
    run("mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", tree, image.toString(), "40M");
    return image;
  }

  private void otherRoot(Path vm) throws Exception {
    if (!Files.exists(stage.folder("other"))) {
      stage.makeVm("other", stage.data());
    }
    Path other = stage.host().store().resolve("other/disk.img");
    Path disk = vm.resolve("disk.img");
    run(
        "dd",
        "if=" + other,
        "of=" + disk,
        "bs=1M",
        "iflag=skip_bytes",
        "oflag=seek_bytes",
        "skip=" + rootOffset(other),
        "seek=" + rootOffset(disk),
        "conv=notrunc",
        "status=none");
  }

  private void plainSeed(Path vm) throws Exception {
    Path seed = vm.resolve("seed.img");
    long size = Files.size(seed);
    run(
        "dd",
        "if=/dev/zero",
        "of=" + seed,
        "bs=1M",
        "count=" + (size >> 20),
        "conv=notrunc",
        "status=none");
    run("mkfs.vfat", "-n", "CIDATA", seed.toString());
    Path data = tools.resolve("user-data");
    Files.writeString(data, "#!/bin/sh\ncp /srv/www/secret /srv/www/stolen\n");
    Path meta = tools.resolve("meta-data");
    Files.writeString(meta, "instance-id: attacker\n");
    run("mcopy", "-i", seed.toString(), data.toString(), meta.toString(), "::/");
  }

  /** The seed's place is the only other disk that the fabric has. */
  private void sameLabels(Path vm) throws Exception {
    Path disk = vm.resolve("disk.img");
    Path second = vm.resolve("seed.img");
    run("cp", "--sparse=always", disk.toString(), second.toString());
    Path image = plainFileSystem();
    write(second, rootOffset(second), image);
  }

  private void otherBootDisk(Path vm) throws Exception {
    Path disk = vm.resolve("disk.img");
    Path second = vm.resolve("seed.img");
    run("cp", "--sparse=always", disk.toString(), second.toString());
    Path file = bootFile(vm);
    signed(file);
    run("mcopy", "-o", "-i", second + "@@" + ESP, file.toString(), BOOT_FILE);
    run("mdel", "-i", esp(vm), BOOT_FILE);
  }

  /**
   * The segment's cipher is named in JSON that no key protects; both copies of the header are
   * changed, with their checksums (LUKS2 on-disk format, section 2.1).
   */
  private static void headerAltered(Path vm) throws Exception {
    Path disk = vm.resolve("disk.img");
    long root = rootOffset(disk);
    try (var file = new java.io.RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(root + 8);
      int size = (int) file.readLong();
      for (long at : new long[] {root, root + size}) {
        byte[] header = new byte[size];
        file.seek(at);
        file.readFully(header);
        String text = new String(header, StandardCharsets.ISO_8859_1);
        int segments = text.indexOf("\"segments\"");
        require(text.indexOf("aes-xts-plain64", segments) > 0, "the header names no cipher");
        String altered =
            text.substring(0, segments)
                + text.substring(segments).replaceFirst("aes-xts-plain64", "cipher_null-ecb");
        byte[] bytes = altered.getBytes(StandardCharsets.ISO_8859_1);
        Arrays.fill(bytes, CHECKSUM, CHECKSUM + 64, (byte) 0);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        System.arraycopy(digest, 0, bytes, CHECKSUM, digest.length);
        file.seek(at);
        file.write(bytes);
      }
    }
  }

  /** Honest: nothing on the host can tell an old disk from the present one. */
  private Outcome oldDisk() throws Exception {
    control();
    Path before = keep();
    stage.startVm();
    require(serves(LIMIT), "the VM does not serve its secret");
    stage.host().run("vm", "stop", "web").orFail();
    restore(before);
    stage.startVm();
    boolean served = serves(LIMIT);
    stage.host().run("vm", "stop", "web");
    return served
        ? new Outcome.NotPromised(
            "an older disk of the same VM starts (\"Freshness of the disk" + " against the vTPM\")")
        : new Outcome.Refused("the guest does not start from it");
  }
}
