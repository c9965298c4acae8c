package org.shieldwall.enclave;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.KeyProtector;

/** The VMs that were started since the boot, each at one place. */
final class Machines {
  private final Map<UUID, Slot> slots = new ConcurrentHashMap<>();

  /** A place for one VM, taken while it starts too, so that it cannot be started twice. */
  static final class Slot {
    private final Optional<VirtualMachine> before;
    private volatile Optional<VirtualMachine> machine;

    private Slot(Optional<VirtualMachine> before, Optional<VirtualMachine> machine) {
      this.before = before;
      this.machine = machine;
    }

    /** Puts the started machine there. */
    void fill(VirtualMachine started) {
      machine = Optional.of(started);
    }

    /** {@return the machine that there is, or was until another start of it began} */
    private Optional<VirtualMachine> known() {
      return machine.or(() -> before);
    }

    /**
     * The state that a VM must start from: what the key protection service says, and else what this
     * enclave remembers, which alone may know of an end that was not told yet.
     */
    Optional<Digest> expected(KeyProtector asked, IngressEgress opened) throws RefusedException {
      if (opened.terms().state().isPresent() || before.isEmpty()) {
        return opened.terms().state();
      }
      long ran = before.get().generation();
      if (asked.generation() < ran) {
        throw new RefusedException(
            Refusal.STATE_NOT_LAST,
            "it is of generation " + asked.generation() + ", and " + ran + " ran here");
      }
      return asked.generation() == ran ? before.get().last() : Optional.empty();
    }
  }

  /** {@return a place that nobody else has, to be filled or given back} */
  Slot claim(UUID vm) throws RefusedException {
    Slot present = slots.get(vm);
    boolean free = present == null || present.machine.filter(VirtualMachine::ended).isPresent();
    if (free) {
      Slot fresh = new Slot(present == null ? Optional.empty() : present.machine, Optional.empty());
      boolean taken =
          present == null
              ? slots.putIfAbsent(vm, fresh) == null
              : slots.replace(vm, present, fresh);
      if (taken) {
        return fresh;
      }
    }
    throw new RefusedException(Refusal.ALREADY_RUNNING, "VM " + vm + " runs or is starting");
  }

  /**
   * Gives a place back, unless it was filled. What is known of the VM's last run is kept: how it
   * ended may not have been told yet.
   */
  void giveBack(UUID vm, Slot slot) {
    if (slot.machine.isPresent()) {
      return;
    }
    if (slot.before.isEmpty()) {
      slots.remove(vm, slot);
    } else {
      slots.replace(vm, slot, new Slot(Optional.empty(), slot.before));
    }
  }

  /** {@return a VM that was started here, whether it has ended or not} */
  VirtualMachine started(UUID vm) throws RefusedException {
    return Optional.ofNullable(slots.get(vm))
        .flatMap(Slot::known)
        .orElseThrow(() -> notRunning(vm));
  }

  /** {@return a VM that runs} */
  VirtualMachine running(UUID vm) throws RefusedException {
    return Optional.ofNullable(slots.get(vm))
        .flatMap(slot -> slot.machine)
        .filter(machine -> !machine.ended())
        .orElseThrow(() -> notRunning(vm));
  }

  private static RefusedException notRunning(UUID vm) {
    return new RefusedException(Refusal.NOT_RUNNING, "VM " + vm + " does not run");
  }

  /** {@return every VM that was started, or one of them} */
  Stream<VirtualMachine> all(Optional<UUID> only) {
    return slots.entrySet().stream()
        .filter(entry -> only.isEmpty() || only.get().equals(entry.getKey()))
        .flatMap(entry -> entry.getValue().known().stream());
  }
}
