#!/usr/bin/env bash
# tests/fuzz/run-all.sh SECONDS [NAME...]     every reader under libFuzzer, so long each, with the
#                                             address and undefined behaviour sanitizers
#
# NAME is a fuzzer, fuzz-NAME.c, or FUZZER:FORMAT, as in io:PLY. Without names: all of them. Builds in
# build-fuzz. Inputs found are kept in build-fuzz/found/NAME, crashes beside them; seeds are
# tests/fuzz/corpus-NAME (for io:PLY, corpus-ply). MONGE_FUZZ_JOBS runs so many at once (1).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:?how many seconds each}
shift
jobs=${MONGE_FUZZ_JOBS:-1}
folder=build-fuzz

[ -d $folder ] || CC=clang meson setup $folder -Dfuzz=true -Dgui=disabled -Dcuda=disabled \
  -Db_sanitize=address,undefined -Db_lundef=false >/dev/null || exit 1
ninja -C $folder >$folder/ninja.log 2>&1 || { tail -n 20 $folder/ninja.log; exit 1; }

# Formats one by one, since one corpus for all finds little in each.
names=("$@")
if [ ${#names[@]} = 0 ]; then
  while IFS= read -r name; do
    names+=("$name")
  done < <($folder/tests/list-fuzzers)
fi

# one NAME: a line with executions, or with what was found.
one () {
  local name=$1 fuzzer=${1%%:*} format=${1#*:} corpus log found
  [ "$fuzzer" = "$1" ] && format=
  corpus=tests/fuzz/corpus-$(tr '[:upper:] /' '[:lower:]--' <<<"${format:-$fuzzer}")
  found=$folder/found/$name log=$folder/found/$name.log
  mkdir -p "$found"
  local folders=("$found")
  [ -d "$corpus" ] && folders+=("$corpus")
  MONGE_FUZZ_FORMAT=$format $folder/tests/fuzz-"$fuzzer" -max_total_time="$seconds" -max_len=8192 \
    -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 -artifact_prefix="$found-" \
    "${folders[@]}" >"$log" 2>&1
  local status=$?
  printf '%-24s %s after %s executions, %s inputs kept\n' "$name" \
    "$([ $status = 0 ] && echo quiet || echo "FAILED ($status, $log)")" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$(find "$found" -type f | wc -l)"
  return $status
}

failed=0 running=0
for name in "${names[@]}"; do
  one "$name" &
  running=$((running + 1))
  if [ $running -ge "$jobs" ]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
done
while [ $running -gt 0 ]; do
  wait -n || failed=1
  running=$((running - 1))
done
exit $failed
