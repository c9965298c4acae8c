# Puts together an initrd: busybox, kernel modules in load order, programs with the libraries they need.

# module_order KERNEL_DIR MODULE...: paths of the modules (relative to KERNEL_DIR), each after those it needs.
# The needs are read from the modules themselves; depmod's index is only made at installation.
module_order() {
  local root=$1 name
  shift
  declare -A loaded=()
  module_visit() {
    local name=${1//-/_} file info depends
    [ -z "${loaded[$name]:-}" ] || return 0
    loaded[$name]=1
    file=$(cd "$root" && find lib/modules -name "${name//_/[_-]}.ko" | head -n 1)
    # A module that the kernel has built in is nothing to load.
    if [ -z "$file" ]; then
      grep -q "/${name//_/[_-]}.ko$" "$root"/lib/modules/*/modules.builtin || fail "the kernel has no module $1"
      return 0
    fi
    # Into a file of its own: objcopy takes away what it is to write to, if it can, and /dev/stdout with it.
    info=$(mktemp)
    objcopy -O binary --only-section=.modinfo "$root/$file" "$info"
    [ -s "$info" ] || fail "$file does not say what it needs"
    depends=$(tr '\0' '\n' < "$info" | sed -n 's/^depends=//p')
    rm "$info"
    for depends in ${depends//,/ }; do module_visit "$depends"; done
    echo "$file"
  }
  for name in "$@"; do module_visit "$name"; done
}

# add_modules KERNEL_DIR TARGET MODULE...: copies modules into TARGET and writes their load order, TARGET/order.
add_modules() {
  local root=$1 target=$2 file
  shift 2
  mkdir -p "$target"
  : > "$target/order"
  module_order "$root" "$@" > "$target/order.paths"
  while read -r file; do
    cp "$root/$file" "$target/"
    echo "${file##*/}" >> "$target/order"
  done < "$target/order.paths"
  rm "$target/order.paths"
}

# add_busybox PACKAGES_DIR TARGET APPLET...
add_busybox() {
  local packages=$1 target=$2 applet
  shift 2
  mkdir -p "$target/bin"
  cp "$packages/bin/busybox" "$target/bin/busybox"
  for applet in "$@"; do ln -s busybox "$target/bin/$applet"; done
}

# add_libraries PACKAGES_DIR TARGET FILE...: every shared library that FILE... need, directly or not.
add_libraries() {
  local packages=$1 target=$2 file name
  shift 2
  local queue=("$@")
  declare -A have=()
  mkdir -p "$target/usr/lib/x86_64-linux-gnu/systemd" "$target/lib64"
  while [ ${#queue[@]} -gt 0 ]; do
    file=${queue[0]}
    queue=("${queue[@]:1}")
    while read -r name; do
      [ -z "${have[$name]:-}" ] || continue
      have[$name]=1
      file=$(find "$packages/lib" "$packages/usr/lib" -name "$name" | head -n 1)
      [ -n "$file" ] || fail "no package of the list holds $name"
      case $name in
        ld-linux-*) cp -L "$file" "$target/lib64/$name" ;;
        libsystemd-shared-*) cp -L "$file" "$target/usr/lib/x86_64-linux-gnu/systemd/$name" ;;
        *) cp -L "$file" "$target/usr/lib/x86_64-linux-gnu/$name" ;;
      esac
      queue+=("$file")
    done < <(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  done
}

# pack_initrd DIR OUT: the tree as a compressed cpio archive, the same bytes for the same files.
pack_initrd() {
  find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  (cd "$1" && find . -mindepth 1 | sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | zstd -q -19 -T2 > "$2"
}
