# What the scripts of this folder share. Sourced by bash with set -euo pipefail.

export LC_ALL=C TZ=UTC
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}

guest=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
stub=usr/lib/systemd/boot/efi/linuxx64.efi.stub

fail() {
  echo "error: $1" >&2
  [ $# -lt 2 ] || echo "hint: $2" >&2
  exit 1
}

step() {
  printf '%s %s\n' "$(date +%T)" "$*" >&2
}

# lock_output DIR: makes the folder that DIR is to be in, and waits there for another build to end.
lock_output() {
  mkdir -p "$(dirname "$1")"
  exec 9> "$(dirname "$1")/.$(basename "$1").lock"
  flock 9
}

# Tools of the build and the Debian package each comes from.
need_tools() {
  local missing=() pair
  for pair in \
    objcopy:binutils readelf:binutils cpio:cpio zstd:zstd openssl:openssl sbsign:sbsigntool \
    mke2fs:e2fsprogs mkfs.vfat:dosfstools mcopy:mtools sfdisk:fdisk unshare:util-linux; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" > /dev/null || missing+=("${pair##*:}")
  done
  export PATH=$PATH:/usr/sbin:/sbin
  [ ${#missing[@]} != 0 ] || return 0
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  if [ "$(id -u)" = 0 ]; then
    step "installing ${missing[*]}"
    [ -n "$(apt-cache policy "${missing[0]}" | grep -v '(none)' | grep Candidate)" ] || apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 \
      || fail "could not install ${missing[*]}"
  else
    fail "missing tools" "sudo apt-get install ${missing[*]}"
  fi
}

# Files are root's in what is built, whoever builds it.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else unshare --map-root-user "$@"; fi
}

# show_download DIR TOTAL: how far the files in DIR are: bytes, rate and time left, on one line of a terminal, until it is
# ended or the script is. Nothing where standard error is no terminal.
show_download() {
  local dir=$1 total=$2 started
  [ -t 2 ] || return 0
  started=$(date +%s%N)
  while kill -0 $$ 2> /dev/null; do
    find "$dir" -maxdepth 1 -type f -printf '%s\n' \
      | awk -v total="$total" -v ns=$(($(date +%s%N) - started)) '
          { done += $1 }
          END {
            mib = 1048576; rate = done / (ns / 1e9 + 0.001)
            printf "\r\033[Kdownloading packages"
            if (total > 0) printf "  %3d %%  %.0f of %.0f MiB", done * 100 / total, done / mib, total / mib
            else printf "  %.0f MiB", done / mib
            printf "  %.1f MiB/s", rate / mib
            if (total > done && rate > 0) printf "  %.0f s left", (total - done) / rate
          }' >&2
    sleep 0.3
  done
}

# fetch_packages DIR: downloads the packages of the list and the kernel (apt checks each against the signed
# archive index) and unpacks them into DIR/packages, the kernel into DIR/kernel. Prints nothing but how far it is.
fetch_packages() {
  local work=$1 kernel names
  grep -qx 'VERSION_ID="12"' /etc/os-release || fail "the guest is built from Debian 12 packages, and this is not Debian 12"
  if ! apt-cache show linux-image-cloud-amd64 > /dev/null 2>&1; then
    [ "$(id -u)" = 0 ] || fail "apt knows no packages" "sudo apt-get update"
    apt-get update -q >&2
  fi
  kernel=$(apt-cache show --no-all-versions linux-image-cloud-amd64 | sed -n 's/^Depends: \([^ ]*\).*/\1/p')
  mapfile -t names < <(grep -v '^#' "$guest/packages")
  mkdir -p "$work/debs" "$work/packages" "$work/kernel"
  # Root's apt would drop to a user who may not write here, and complain; the archive's signature is what counts.
  local download=(apt-get download -q -o APT::Sandbox::User=root "$kernel" "${names[@]}") total shown status=0
  total=$("${download[@]}" --print-uris 2> /dev/null | awk '{ bytes += $3 } END { print bytes + 0 }') || total=0
  show_download "$work/debs" "$total" &
  shown=$!
  (cd "$work/debs" && exec "${download[@]}") > "$work/download.log" 2>&1 || status=$?
  kill "$shown" 2> /dev/null || true
  wait "$shown" || true
  [ ! -t 2 ] || printf '\r\033[K' >&2
  [ "$status" = 0 ] || fail "could not download packages: $(grep -m 1 '^E:' "$work/download.log" || tail -n 1 "$work/download.log")" \
    "apt-get update"
  local deb
  for deb in "$work"/debs/*.deb; do
    case ${deb##*/} in
      linux-image-*) dpkg-deb -x "$deb" "$work/kernel" ;;
      *) dpkg-deb -x "$deb" "$work/packages" ;;
    esac
  done
  (cd "$work/debs" && printf '%s\n' *.deb) > "$work/packages.txt"
}

# make_key DIR NAME SUBJECT: a key and a self-signed certificate, DIR/NAME.key and DIR/NAME.crt.
make_key() {
  (umask 077 && openssl req -x509 -newkey rsa:2048 -sha256 -nodes -days 3650 -subj "/CN=$3" \
    -keyout "$1/$2.key" -out "$1/$2.pem" 2> /dev/null)
  mv "$1/$2.pem" "$1/$2.crt"
  chmod 0644 "$1/$2.crt"
}
