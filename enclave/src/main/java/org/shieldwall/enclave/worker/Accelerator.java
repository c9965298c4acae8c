package org.shieldwall.enclave.worker;

/** What executes a guest's instructions. */
public enum Accelerator {
  /** The processor, through {@code /dev/kvm}. */
  KVM("kvm", "host"),
  /** QEMU's translator: slower, and the same machine otherwise. */
  TCG("tcg", "max");

  private final String id;
  private final String processor;

  Accelerator(String id, String processor) {
    this.id = id;
    this.processor = processor;
  }

  /** {@return the name QEMU gives it} */
  public String id() {
    return id;
  }

  String processor() {
    return processor;
  }
}
