package org.shieldwall.enclave.worker;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.enclave.message.MacAddress;
import org.shieldwall.enclave.posix.Descriptor;

/**
 * A virtual machine as QEMU is told of it. Everything that belongs to one VM is handed over as an
 * open descriptor, so that the sandbox holds no path to it.
 *
 * @param name shown to nobody but {@code ps}; not a secret
 * @param variables the UEFI variable store: a writable file
 * @param tpm the vTPM's control channel, empty for a machine without one
 * @param network what the network card is connected to; empty for no card
 * @param console whether there are a screen, a keyboard and a serial line, as the owner may allow
 *     (class encryption-supported); without it the machine has none, and none can be added
 * @param waits whether it waits for the state that {@link Worker#sendState} of such a machine gave
 *     out, and does not start from its firmware
 */
public record WorkerPlan(
    String name,
    Accelerator accelerator,
    int cpus,
    int memoryMebibytes,
    Descriptor variables,
    List<Disk> disks,
    Optional<Descriptor> tpm,
    Optional<Link> network,
    boolean console,
    boolean waits) {
  // State is loaded into the kind of machine that it comes from, whatever q35 will mean one day.
  private static final String MACHINE = "pc-q35-7.2";

  // Debian's OVMF with SMM, which keeps the guest's kernel from writing the variables behind the
  // firmware's back.
  static final String FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd";
  static final String PROGRAM = "/usr/bin/qemu-system-x86_64";

  /** QEMU's own filter: nothing started, no privilege gained, no limit changed. */
  static final String SANDBOX =
      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

  /** A disk the guest finds as {@code /dev/disk/by-id/virtio-SERIAL}. */
  public record Disk(String serial, Descriptor image) {}

  /** The far end of the network card. */
  public sealed interface Link {
    /** {@return the card's own address} */
    MacAddress mac();

    /** A stream socket with a 4-byte length before each frame, as passt speaks it. */
    record Stream(Descriptor descriptor, MacAddress mac) implements Link {}

    /** A TAP device. */
    record Tap(Descriptor descriptor, MacAddress mac) implements Link {}

    /** Nothing: a card without a cable. */
    record Unplugged(MacAddress mac) implements Link {}
  }

  /** The command and what its descriptors are, in order from 3; the monitor is the first. */
  record Launch(List<String> command, List<Descriptor> inherited) {}

  /**
   * @param serial the far end of the serial line; there if and only if {@link #console}
   */
  Launch launch(Descriptor monitor, Optional<Descriptor> serial) {
    return launch(monitor, serial, Optional.empty());
  }

  /**
   * The same, as a user of its own.
   *
   * @param user the namespace that holds it
   */
  Launch launch(Descriptor monitor, Optional<Descriptor> serial, Optional<Descriptor> user) {
    if (serial.isPresent() != console) {
      throw new IllegalArgumentException("a serial line comes with a console, and only with one");
    }
    List<Descriptor> inherited = new ArrayList<>(List.of(monitor));
    List<String> command = new ArrayList<>(machine());
    add(command, "-add-fd", "fd=" + next(inherited, variables) + ",set=1");
    addFirmware(command);
    for (int i = 0; i < disks.size(); i++) {
      addDisk(command, inherited, i);
    }
    tpm.ifPresent(control -> {
      add(command, "-chardev", "socket,id=vtpm,fd=" + next(inherited, control));
      add(command, "-tpmdev", "emulator,id=tpm,chardev=vtpm");
      add(command, "-device", "tpm-crb,tpmdev=tpm");
    });
    network.ifPresent(link -> addNetwork(command, inherited, link));
    serial.ifPresent(line -> addConsole(command, next(inherited, line)));
    add(command, "-chardev", "socket,id=qmp,fd=3", "-mon", "chardev=qmp,mode=control");
    List<String> whole = new ArrayList<>();
    user.ifPresent(namespace -> whole.addAll(WorkerUser.entering(next(inherited, namespace))));
    whole.addAll(sandbox().run(command));
    return new Launch(List.copyOf(whole), List.copyOf(inherited));
  }

  private Sandbox sandbox() {
    Sandbox sandbox =
        Sandbox.named("worker")
            .readOnly(PROGRAM)
            .readOnly(FIRMWARE)
            .readOnlyIfThere("/usr/share/qemu")
            .readOnlyIfThere("/usr/share/seabios");
    return accelerator == Accelerator.KVM ? sandbox.device("/dev/kvm") : sandbox;
  }

  private List<String> machine() {
    List<String> command = new ArrayList<>(List.of(PROGRAM, "-nodefaults", "-no-user-config"));
    add(command, "-S"); // it runs when the enclave says so
    if (waits) {
      add(command, "-incoming", "defer");
    }
    add(command, "-display", "none", "-vga", "none");
    if (!console) {
      add(command, "-serial", "none");
    }
    add(command, "-parallel", "none", "-monitor", "none");
    add(command, "-sandbox", SANDBOX);
    add(command, "-name", name);
    add(
        command,
        "-machine",
        MACHINE + ",smm=on,vmport=off,usb=off,hpet=off,mem-merge=off,dump-guest-core=off");
    add(command, "-accel", accelerator.id(), "-cpu", accelerator.processor());
    add(command, "-smp", String.valueOf(cpus), "-m", String.valueOf(memoryMebibytes));
    add(command, "-rtc", "base=utc");
    add(command, "-object", "rng-random,id=random,filename=/dev/urandom");
    add(command, "-device", "virtio-rng-pci,rng=random");
    return command;
  }

  private static void addFirmware(List<String> command) {
    add(command, "-global", "driver=cfi.pflash01,property=secure,value=on");
    add(command, "-global", "ICH9-LPC.disable_s3=1"); // S3 would let a guest resume unmeasured
    add(command, "-blockdev", "driver=file,node-name=codefile,read-only=on,filename=" + FIRMWARE);
    add(command, "-blockdev", "driver=raw,node-name=code,read-only=on,file=codefile");
    add(command, "-blockdev", "driver=file,node-name=varsfile,filename=/dev/fdset/1");
    add(command, "-blockdev", "driver=raw,node-name=vars,file=varsfile");
    add(command, "-machine", "pflash0=code,pflash1=vars");
  }

  private void addDisk(List<String> command, List<Descriptor> inherited, int index) {
    Disk disk = disks.get(index);
    int set = index + 2;
    String node = "disk" + index;
    add(command, "-add-fd", "fd=" + next(inherited, disk.image()) + ",set=" + set);
    add(
        command,
        "-blockdev",
        "driver=file,node-name=" + node + "file,discard=unmap,filename=/dev/fdset/" + set);
    add(
        command,
        "-blockdev",
        "driver=raw,node-name=" + node + ",discard=unmap,file=" + node + "file");
    add(
        command,
        "-device",
        "virtio-blk-pci,drive=" + node + ",serial=" + disk.serial() + ",bootindex=" + index);
  }

  private static void addNetwork(List<String> command, List<Descriptor> inherited, Link link) {
    Optional<String> backend =
        switch (link) {
          case Link.Stream stream ->
              Optional.of(
                  "stream,id=net,server=off,addr.type=fd,addr.str="
                      + next(inherited, stream.descriptor()));
          case Link.Tap tap -> Optional.of("tap,id=net,fd=" + next(inherited, tap.descriptor()));
          case Link.Unplugged _ -> Optional.empty();
        };
    backend.ifPresent(netdev -> add(command, "-netdev", netdev));
    // An option ROM would be code of the fabric's choosing, run and measured by the firmware.
    String peer = backend.isPresent() ? "netdev=net," : "";
    add(command, "-device", "virtio-net-pci," + peer + "romfile=,mac=" + link.mac());
  }

  /** Neither has a name: the line is a socket pair's end, and viewers come as descriptors. */
  private static void addConsole(List<String> command, int serial) {
    add(command, "-vnc", "none", "-device", "bochs-display,romfile=");
    add(command, "-chardev", "socket,id=serial,fd=" + serial);
    add(command, "-device", "isa-serial,chardev=serial");
  }

  private static int next(List<Descriptor> inherited, Descriptor descriptor) {
    inherited.add(descriptor);
    return 2 + inherited.size();
  }

  private static void add(List<String> command, String... arguments) {
    command.addAll(List.of(arguments));
  }
}
