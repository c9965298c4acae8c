# Sourced by ./shieldwall and ./verify: finds what the machine has, and installs or names what it lacks.
# Everything it prints goes to standard error, so that a command's own output stays clean.

say() { printf '%s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$1" >&2; [ $# -lt 2 ] || printf 'hint:  %s\n' "$2" >&2; exit 3; }

# Sets JAVA_HOME to a JDK 25. Reads the `release` file of each candidate, which is faster than starting it.
find_jdk() {
  local candidate
  for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/java/* /opt/*jdk* /usr/java/* \
      "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "${HOME:-/nonexistent}"/.jdks/*; do
    [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] && [ -r "$candidate/release" ] || continue
    case $(<"$candidate/release") in
      *'JAVA_VERSION="25'*) export JAVA_HOME=$candidate; return 0 ;;
    esac
  done
  fail "no JDK 25 found (looked at JAVA_HOME, /usr/lib/jvm, /opt, /usr/java, ~/.sdkman and ~/.jdks)" \
    "install one, for instance Eclipse Temurin 25 (adoptium.net), or unpack one into ~/.jdks, or set JAVA_HOME"
}

# need_packages WHY PACKAGE...: installs the missing ones when root, prints the command when not.
need_packages() {
  local why=$1 name missing=()
  shift
  command -v dpkg-query >/dev/null || { say "note: not a Debian system; $why needs the equivalents of: $*"; return 0; }
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    fail "$why needs Debian packages that are not installed: ${missing[*]}" \
      "sudo apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "installing for $why: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2 || say "note: apt-get update failed; trying with the lists that are here"
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 \
    || fail "apt-get could not install: ${missing[*]}" "see its messages above; then run this again"
}

# What runs a guarded host and its guests, and what builds the demonstration template.
BUILD_PACKAGES=(maven)
HOST_PACKAGES=(qemu-system-x86 ovmf swtpm bubblewrap passt nftables)
TEMPLATE_PACKAGES=(binutils busybox-static cpio dosfstools e2fsprogs fdisk mtools openssl sbsigntool zstd)
# Independent implementations that the tests compare with.
TEST_PACKAGES=(cryptsetup-bin gdisk ima-evm-utils iproute2 jose libcryptsetup12 libtss2-esys-3.0.2-0 libtss2-rc0 libtss2-tcti-swtpm0
  faketime python3-samba samba-ad-dc samba-ad-provision samba-dsdb-modules openssl procps qemu-utils swtpm-tools systemd tpm2-tools)
# What the attackers of ./attack use.
ATTACK_PACKAGES=(curl gdb strace util-linux)
