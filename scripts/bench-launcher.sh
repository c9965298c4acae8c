# Sourced by ./bench: how long the launcher takes, from the command to its end, for commands that have nothing to wait for.

START_LIMIT_MS=500

# bench_launcher [--runs N]: prints a table; status 1 if a median is over the limit.
bench_launcher() {
  local runs=11 folder line status=0
  case ${1:-} in
    '') ;;
    --runs) [[ ${2:-} =~ ^[1-9][0-9]{0,2}$ ]] || fail "--runs takes a whole number" "./bench launcher --runs 11"; runs=$2 ;;
    *) fail "unknown option $1" "./bench launcher [--runs N]" ;;
  esac
  folder=$(mktemp -d)
  # shellcheck disable=SC2064  # the folder is known now
  trap "rm -rf '$folder'" EXIT
  # Also builds what is missing, which is not what is measured.
  ./shieldwall hgs init --dir "$folder/hgs" --name localhost > "$folder/out"
  cp cli/src/main/resources/org/shieldwall/cli/demo/host-boot-log.bin "$folder/boot.log"
  printf '%d processors, load %s; %d runs each\n' "$(nproc)" "$(cut -d ' ' -f 1 /proc/loadavg)" "$runs"
  printf '%-34s %8s %8s %8s  %s\n' '' median best worst "limit $START_LIMIT_MS ms"
  while read -r line; do
    start_figure "$runs" "$folder" "$line" || status=1
  done <<LINES
--help
--version
hgs --help
hgs host list --dir $folder/hgs
owner --help
host --help
vm --help
evidence eventlog $folder/boot.log
LINES
  return "$status"
}

# start_figure RUNS FOLDER WORDS: one line of the table.
start_figure() {
  local runs=$1 folder=$2 words from i times=()
  read -r -a words <<< "$3"
  for ((i = 0; i < runs; i++)); do
    from=$(date +%s%N)
    ./shieldwall "${words[@]}" > "$folder/out" 2> "$folder/err" < /dev/null || fail "shieldwall ${words[*]} failed: $(<"$folder/err")"
    times+=($((($(date +%s%N) - from) / 1000000)))
  done
  mapfile -t times < <(printf '%s\n' "${times[@]}" | sort -n)
  local median=${times[runs / 2]} verdict=holds
  [ "$median" -le "$START_LIMIT_MS" ] || verdict=MISSED
  printf '%-34s %5d ms %5d ms %5d ms  %s\n' "${3//$folder/…}" "$median" "${times[0]}" "${times[runs - 1]}" "$verdict"
  [ "$verdict" = holds ]
}
