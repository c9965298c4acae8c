# Unified kernel images: systemd's stub with command line, kernel and initrd as sections, signed as one.

# make_uki STUB OS_RELEASE COMMAND_LINE KERNEL INITRD KEY_BASE OUT
# Signs with KEY_BASE.key and KEY_BASE.crt.
make_uki() {
  local stub=$1 release=$2 command_line=$3 kernel=$4 initrd=$5 key=$6 out=$7 work
  work=$(mktemp -d)
  printf '%s\0' "$command_line" > "$work/cmdline"
  uname_of "$kernel" > "$work/uname"

  # Each section gets the next page after the one before it. The firmware maps sections by these addresses,
  # so any overlap would be a silent corruption.
  local end=0 sections=() name file size address
  while read -r size address; do
    size=$((0x$address + 0x$size))
    [ $size -le $end ] || end=$size
  done < <(objdump -h -w "$stub" | awk '$2 ~ /^\./ { print $3, $4 }')
  for name in osrel:$release cmdline:$work/cmdline uname:$work/uname linux:$kernel initrd:$initrd; do
    file=${name#*:}
    name=.${name%%:*}
    end=$(((end + 4095) / 4096 * 4096))
    sections+=(--add-section "$name=$file" --change-section-vma "$name=$(printf 0x%x $end)")
    end=$((end + $(stat -c %s "$file")))
  done
  objcopy "${sections[@]}" "$stub" "$work/uki.efi"
  sbsign --key "$key.key" --cert "$key.crt" --output "$out" "$work/uki.efi" > "$work/sbsign.log" 2>&1 \
    || fail "signing failed: $(cat "$work/sbsign.log")"
  sbverify --cert "$key.crt" "$out" > /dev/null 2>&1 || fail "the signature just made does not verify"
  rm -r "$work"
}

# The kernel's release, from the version string that the x86 boot protocol points to (offset 0x20e, less 0x200).
uname_of() {
  local pointer
  pointer=$(od -An -tu2 -j $((0x20e)) -N 2 "$1")
  dd if="$1" bs=1 skip=$((pointer + 0x200)) count=64 2> /dev/null | tr '\0' '\n' | head -n 1 | cut -d ' ' -f 1 | tr -d '\n'
}
