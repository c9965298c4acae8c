# A machine that boots only to say what was measured: kernel, stub and a signed image like the template's,
# without a disk to open. For tests of the boot itself and for capturing genuine event logs.

probe_modules=(virtio_pci virtio_blk)
probe_applets=(sh cat dd echo insmod mkdir mount poweroff sync tar tr wc)

# build_probe_initrd WORK: from fetched packages, WORK/initrd.zst
build_probe_initrd() {
  local work=$1 tree=$1/initrd
  mkdir -p "$tree"/{dev,proc,run,sys}
  install -m 0755 "$guest/probe/init" "$tree/init"
  add_busybox "$work/packages" "$tree" "${probe_applets[@]}"
  add_modules "$work/kernel" "$tree/modules" "${probe_modules[@]}"
  pack_initrd "$tree" "$work/initrd.zst"
}

# make_boot_disk UKI OUT: a whole-disk FAT file system with UKI as its default boot loader.
make_boot_disk() {
  truncate -s 32M "$2"
  mkfs.vfat --invariant -n BOOT "$2" > /dev/null
  mmd -i "$2" ::/EFI ::/EFI/BOOT
  mcopy -i "$2" "$1" ::/EFI/BOOT/BOOTX64.EFI
}
