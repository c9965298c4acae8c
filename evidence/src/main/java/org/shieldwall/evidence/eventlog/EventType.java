package org.shieldwall.evidence.eventlog;

import java.util.Optional;

/** Event types (PFP section 10.4.1, table 27; EFI events are offset by 0x80000000). */
public enum EventType {
  /** Reserved. */
  PREBOOT_CERT(0x0, "EV_PREBOOT_CERT"),
  /** POST code, or a firmware table. */
  POST_CODE(0x1, "EV_POST_CODE"),
  /** Extends nothing. */
  NO_ACTION(0x3, "EV_NO_ACTION"),
  /** Marks the end of the pre-OS phase in a PCR. */
  SEPARATOR(0x4, "EV_SEPARATOR"),
  /** A text, measured as it is. */
  ACTION(0x5, "EV_ACTION"),
  /** A tagged event of an operating system or boot loader. */
  EVENT_TAG(0x6, "EV_EVENT_TAG"),
  /** Contents of the static root of trust for measurement. */
  SCRTM_CONTENTS(0x7, "EV_S_CRTM_CONTENTS"),
  /** Version of the static root of trust for measurement. */
  SCRTM_VERSION(0x8, "EV_S_CRTM_VERSION"),
  /** Microcode. */
  CPU_MICROCODE(0x9, "EV_CPU_MICROCODE"),
  /** Platform settings. */
  PLATFORM_CONFIG_FLAGS(0xA, "EV_PLATFORM_CONFIG_FLAGS"),
  /** Tables of devices. */
  TABLE_OF_DEVICES(0xB, "EV_TABLE_OF_DEVICES"),
  /** Compact hash. */
  COMPACT_HASH(0xC, "EV_COMPACT_HASH"),
  /** Boot loader: text or file. */
  IPL(0xD, "EV_IPL"),
  /** Boot loader's partition data. */
  IPL_PARTITION_DATA(0xE, "EV_IPL_PARTITION_DATA"),
  /** Code of a non-host platform. */
  NONHOST_CODE(0xF, "EV_NONHOST_CODE"),
  /** Configuration of a non-host platform. */
  NONHOST_CONFIG(0x10, "EV_NONHOST_CONFIG"),
  /** Information on a non-host platform. */
  NONHOST_INFO(0x11, "EV_NONHOST_INFO"),
  /** Boot device types left out. */
  OMIT_BOOT_DEVICE_EVENTS(0x12, "EV_OMIT_BOOT_DEVICE_EVENTS"),
  /** A UEFI variable that configures a driver, Secure Boot's among them. */
  EFI_VARIABLE_DRIVER_CONFIG(0x80000001L, "EV_EFI_VARIABLE_DRIVER_CONFIG"),
  /** A UEFI boot variable. */
  EFI_VARIABLE_BOOT(0x80000002L, "EV_EFI_VARIABLE_BOOT"),
  /** An application's Authenticode hash. */
  EFI_BOOT_SERVICES_APPLICATION(0x80000003L, "EV_EFI_BOOT_SERVICES_APPLICATION"),
  /** A boot services driver's Authenticode hash. */
  EFI_BOOT_SERVICES_DRIVER(0x80000004L, "EV_EFI_BOOT_SERVICES_DRIVER"),
  /** A runtime driver's Authenticode hash. */
  EFI_RUNTIME_SERVICES_DRIVER(0x80000005L, "EV_EFI_RUNTIME_SERVICES_DRIVER"),
  /** The partition table. */
  EFI_GPT_EVENT(0x80000006L, "EV_EFI_GPT_EVENT"),
  /** A text, measured as it is. */
  EFI_ACTION(0x80000007L, "EV_EFI_ACTION"),
  /** A piece of firmware. */
  EFI_PLATFORM_FIRMWARE_BLOB(0x80000008L, "EV_EFI_PLATFORM_FIRMWARE_BLOB"),
  /** Tables handed off to the operating system. */
  EFI_HANDOFF_TABLES(0x80000009L, "EV_EFI_HANDOFF_TABLES"),
  /** A piece of firmware, described. */
  EFI_PLATFORM_FIRMWARE_BLOB2(0x8000000AL, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"),
  /** Tables handed off, described. */
  EFI_HANDOFF_TABLES2(0x8000000BL, "EV_EFI_HANDOFF_TABLES2"),
  /** A UEFI boot variable's data only. */
  EFI_VARIABLE_BOOT2(0x8000000CL, "EV_EFI_VARIABLE_BOOT2"),
  /** The partition table, of another kind. */
  EFI_GPT_EVENT2(0x8000000DL, "EV_EFI_GPT_EVENT2"),
  /** Hardware root of trust for measurement. */
  EFI_HCRTM_EVENT(0x80000010L, "EV_EFI_HCRTM_EVENT"),
  /** The key or hash that let an image run. */
  EFI_VARIABLE_AUTHORITY(0x800000E0L, "EV_EFI_VARIABLE_AUTHORITY"),
  /** Firmware of a device, over SPDM. */
  EFI_SPDM_FIRMWARE_BLOB(0x800000E1L, "EV_EFI_SPDM_FIRMWARE_BLOB"),
  /** Configuration of a device, over SPDM. */
  EFI_SPDM_FIRMWARE_CONFIG(0x800000E2L, "EV_EFI_SPDM_FIRMWARE_CONFIG"),
  /** Policy for devices, over SPDM. */
  EFI_SPDM_DEVICE_POLICY(0x800000E3L, "EV_EFI_SPDM_DEVICE_POLICY"),
  /** Authority for devices, over SPDM. */
  EFI_SPDM_DEVICE_AUTHORITY(0x800000E4L, "EV_EFI_SPDM_DEVICE_AUTHORITY");

  private final long id;
  private final String label;

  EventType(long id, String label) {
    this.id = id;
    this.label = label;
  }

  /** {@return the number in the log} */
  public long id() {
    return id;
  }

  /** {@return the specification's name} */
  public String label() {
    return label;
  }

  /** {@return the type with this number, if it is known} */
  public static Optional<EventType> of(long id) {
    for (EventType each : VALUES) {
      if (each.id == id) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  private static final EventType[] VALUES = values();
}
