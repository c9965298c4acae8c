package org.shieldwall.disk.gpt;

import java.util.UUID;

/** Partition types a template may use (UEFI 2.10 table 5-7; Discoverable Partitions 1.0). */
public final class PartitionType {
  /** EFI system partition: what firmware boots from. Stays readable. */
  public static final UUID EFI_SYSTEM = UUID.fromString("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");

  /** Root file system for x86-64. Becomes the encrypted volume. */
  public static final UUID ROOT_X86_64 = UUID.fromString("4f68bce3-e8cd-4db1-96e7-fbcaf984b709");

  /** Any Linux file system. */
  public static final UUID LINUX_GENERIC = UUID.fromString("0fc63daf-8483-4772-8e79-3d69d8477de4");

  private PartitionType() {}
}
