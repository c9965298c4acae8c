package org.shieldwall.protector.state;

import java.util.Arrays;
import java.util.Optional;
import org.shieldwall.protector.secret.KeyLabel;

/** What a container holds. Each kind has a key of its own, derived under its label. */
public enum StateKind {
  /** Memory, devices and vTPM of a VM that was saved. */
  SAVED_MEMORY(1, "saved memory", KeyLabel.SAVED_MEMORY),
  /** The firmware's variables of a VM at rest. */
  UEFI_VARIABLES(2, "UEFI variables", KeyLabel.UEFI_VARIABLES),
  /** What belongs together in a checkpoint. */
  CHECKPOINT_MANIFEST(3, "checkpoint manifest", KeyLabel.CHECKPOINT),
  /** A checkpoint's vTPM. */
  CHECKPOINT_VTPM(4, "checkpoint vTPM", KeyLabel.CHECKPOINT),
  /** A checkpoint's UEFI variables. */
  CHECKPOINT_VARIABLES(5, "checkpoint UEFI variables", KeyLabel.CHECKPOINT),
  /** A checkpoint's memory and devices. */
  CHECKPOINT_MEMORY(6, "checkpoint memory", KeyLabel.CHECKPOINT),
  /** A running VM on its way to another host. */
  MIGRATION(7, "migration", KeyLabel.MIGRATION),
  /** Changed blocks of a replicated disk. */
  REPLICA(8, "replica", KeyLabel.REPLICA);

  private final int number;
  private final String words;
  private final KeyLabel label;

  StateKind(int number, String words, KeyLabel label) {
    this.number = number;
    this.words = words;
    this.label = label;
  }

  /** {@return the number in a header} */
  int number() {
    return number;
  }

  /** {@return the label under which this kind's root is derived from a transport key} */
  public KeyLabel label() {
    return label;
  }

  static Optional<StateKind> numbered(int number) {
    return Arrays.stream(values()).filter(kind -> kind.number == number).findFirst();
  }

  /** {@return the kind in words} */
  @Override
  public String toString() {
    return words;
  }
}
