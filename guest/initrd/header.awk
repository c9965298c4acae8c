# Judges a LUKS2 header as "cryptsetup luksDump --dump-json-metadata" prints it: json-c's pretty form, one
# member or element a line, two spaces a level, control characters and quotes inside strings escaped; so a
# line of the input is never anything but one member. (A line that does not look so is refused.)
# Prints the offset of the data in 512-byte sectors and exits 0, or prints what is wrong and exits 1.

function refuse(reason) {
  if (!refused) print reason
  refused = 1
  exit 1
}

{
  match($0, /^ */)
  depth = RLENGTH / 2
  text = substr($0, RLENGTH + 1)
  sub(/,$/, "", text)
  if (text == "{" || text == "}" || text == "]") next
  if (depth < 1 || depth != int(depth)) refuse("the header has a line that is not understood: " text)
  if (text ~ /^"[a-z0-9_-]+":/) {
    colon = index(text, ":")
    key[depth] = substr(text, 2, colon - 3)
    text = substr(text, colon + 1)
  } else if (text ~ /^("([^"\\]|\\.)*"|[0-9]+)$/) {
    key[depth] = "[]"
  } else {
    refuse("the header has a line that is not understood: " text)
  }
  path = key[1]
  for (level = 2; level <= depth; level++) path = path "." key[level]
  sub(/\.[0-9]+$/, ".#", path)
  while (match(path, /\.[0-9]+\./)) path = substr(path, 1, RSTART) "#" substr(path, RSTART + RLENGTH - 1)

  seen[path]++
  if (seen[path] > 1 && path !~ /\[\]$/) refuse("the header has more than one " path)
  if (seen[path] > 1) text = value[path] " " text
  value[path] = text
}

function want(path, expected) {
  if (value[path] != expected) {
    refuse("the header says " path " is " (path in value ? value[path] : "absent") ", expected " expected)
  }
}

END {
  if (refused) exit 1
  want("keyslots.#.type", "\"luks2\"")
  want("keyslots.#.key_size", "64")
  want("keyslots.#.area.type", "\"raw\"")
  want("keyslots.#.area.encryption", "\"aes-xts-plain64\"")
  want("keyslots.#.area.key_size", "64")
  want("keyslots.#.af.type", "\"luks1\"")
  want("tokens.#.type", "\"systemd-tpm2\"")
  want("tokens.#.tpm2-pcrs.[]", "7")
  want("tokens.#.tpm2-pcr-bank", "\"sha256\"")
  if (value["tokens.#.tpm2-pin"] == "true") refuse("the header asks for a PIN")
  want("segments.#.type", "\"crypt\"")
  want("segments.#.encryption", "\"aes-xts-plain64\"")
  want("segments.#.iv_tweak", "\"0\"")
  want("segments.#.size", "\"dynamic\"")
  want("digests.#.type", "\"pbkdf2\"")
  sector = value["segments.#.sector_size"]
  if (sector != "512" && sector != "4096") refuse("the header says segments.#.sector_size is " sector)
  for (path in value) {
    if (path ~ /^segments\.#\.(integrity|flags)/) refuse("the header has " path)
    if (path ~ /^config\.(requirements|flags)/) refuse("the header has " path)
  }
  offset = value["segments.#.offset"]
  gsub(/"/, "", offset)
  if (offset !~ /^[0-9]+$/ || offset % 4096 || offset > 16777216) refuse("the header says segments.#.offset is " offset)
  printf "%d\n", offset / 512
}
