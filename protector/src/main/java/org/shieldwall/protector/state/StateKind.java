package org.shieldwall.protector.state;

import java.util.Arrays;
import java.util.Optional;
import org.shieldwall.protector.secret.KeyLabel;

/**
 * What a container holds. The root of its key is the transport key's derived key of the kind's
 * label, or, for what must outlive the generation it was made in, a random one that is kept with
 * the VM's {@link #KEPT_KEYS}.
 */
public enum StateKind {
  /** Memory, devices and vTPM of a VM that was saved. */
  SAVED_MEMORY(1, "saved memory"),
  /** The firmware's variables of a VM at rest. */
  UEFI_VARIABLES(2, "UEFI variables", KeyLabel.UEFI_VARIABLES),
  /** What belongs together in a checkpoint. */
  CHECKPOINT_MANIFEST(3, "checkpoint manifest"),
  /** A checkpoint's vTPM. */
  CHECKPOINT_VTPM(4, "checkpoint vTPM"),
  /** A checkpoint's UEFI variables. */
  CHECKPOINT_VARIABLES(5, "checkpoint UEFI variables"),
  /** A checkpoint's memory and devices. */
  CHECKPOINT_MEMORY(6, "checkpoint memory"),
  /** A running VM on its way to another host. */
  MIGRATION(7, "migration", KeyLabel.MIGRATION),
  /** Changed blocks of a replicated disk. */
  REPLICA(8, "replica", KeyLabel.REPLICA),
  /** The roots of saved memory and of checkpoints. */
  KEPT_KEYS(9, "kept keys", KeyLabel.KEPT_KEYS);

  private final int number;
  private final String words;
  private final Optional<KeyLabel> label;

  StateKind(int number, String words, KeyLabel label) {
    this.number = number;
    this.words = words;
    this.label = Optional.of(label);
  }

  StateKind(int number, String words) {
    this.number = number;
    this.words = words;
    this.label = Optional.empty();
  }

  /** {@return the number in a header} */
  int number() {
    return number;
  }

  /** {@return the label under which this kind's root is derived; empty if it is a kept one} */
  public Optional<KeyLabel> label() {
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
