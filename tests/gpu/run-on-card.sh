#!/usr/bin/env bash
# tests/gpu/run-on-card.sh            on a machine with a card: builds, tests, measures, and writes
#                                     one report with every figure; a quarter of an hour or so
# tests/gpu/run-on-card.sh --quick    without the sanitizers of the toolkit and the long cases
# tests/gpu/run-on-card.sh --check    only says whether this machine has what it takes
# tests/gpu/run-on-card.sh --rehearse the same steps with the CPU in the card's place: tries this
# More: --out FOLDER for report.md, logs and bench.json (default: out/card).
#
# Exit status: 0 all passed, 1 something failed, 77 something is missing, and one line says what.
# shellcheck disable=SC2317 # step calls the functions it is given
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
out=out/card build=build-card backend=cuda rehearses=no quick=no checks=no

while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=yes ;;
    --check) checks=yes ;;
    --rehearse) rehearses=yes backend=cpu build=build-card-rehearsal quick=yes ;;
    --out)
      [ $# -gt 1 ] || { echo "run-on-card.sh: --out needs a folder" >&2; exit 2; }
      out=$2
      shift
      ;;
    -h | --help)
      sed -n '2,/^# shellcheck/{/^# shellcheck/d;/^#/s/^# \{0,1\}//p}' "$0"
      exit
      ;;
    *)
      echo "run-on-card.sh: unknown option $1; see --help" >&2
      exit 2
      ;;
  esac
  shift
done

LOG=/dev/null # of house.sh, whose find_nvcc is used here
# shellcheck source=.ci/house.sh
. .ci/house.sh

missing () { echo "run-on-card.sh: $*"; exit 77; }

# One line per card: name, driver, memory, compute capability.
query_cards () {
  nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv,noheader \
    2>/dev/null
}

check_machine () {
  local tool
  for tool in meson ninja python3; do
    command -v "$tool" >/dev/null || missing "no $tool here; ./check installs what builds need"
  done
  [ "$rehearses" = no ] || return 0
  command -v nvidia-smi >/dev/null || missing "no NVIDIA driver here: there is no nvidia-smi"
  cards=$(query_cards)
  [ -n "$cards" ] || missing "nvidia-smi finds no card: $(nvidia-smi 2>&1 | head -n 1)"
  nvcc=$(find_nvcc) || missing "no CUDA Toolkit here: there is no nvcc in PATH or /usr/local/cuda/bin"
}

# step NAME COMMAND...: runs it, keeps its output, adds a row to the report's table.
step () {
  local name=$1 log began=$SECONDS status result note
  shift
  log=$out/logs/${name//[^a-z0-9-]/-}.log
  printf '%s … ' "$name"
  "$@" >"$log" 2>&1 </dev/null
  status=$?
  case $status in
    0) result=passed ;;
    77) result=skipped ;;
    *) result=FAILED n_failed=$((n_failed + 1)) ;;
  esac
  note=$(summary "$log")
  printf '%s%s\n' "$result" "${note:+: $note}"
  printf '| %s | %s | %d s | %s |\n' "$name" "$result" $((SECONDS - began)) "${note//|//}" >>"$table"
  return $status
}

# What a log comes to: the counts of meson test, the verdict of compute-sanitizer, or its last line.
summary () {
  local line
  line=$(grep -hE '^(Ok|Fail|Skipped|Timeout): ' "$1" | tr -s ' ' | paste -sd ' ')
  [ -n "$line" ] || line=$(grep -h 'ERROR SUMMARY\|RACECHECK SUMMARY' "$1" | sed 's/=* *//' | sort \
    | uniq -c | tr -s ' ' | paste -sd ';')
  [ -n "$line" ] || line=$(tail -n 1 "$1" | cut -c 1-160)
  printf '%s' "$line"
}

# What every other step needs. A release, with machine code for the cards that are here.
build_release () {
  local options=(--buildtype=release)
  if [ "$rehearses" = no ]; then
    options+=(-Dcuda=enabled "-Dgpu_architectures=$(capabilities)")
  else
    options+=(-Dcuda=disabled)
  fi
  pkg-config --exists 'gtk4 >= 4.8' epoxy cglm || options+=(-Dgui=disabled)
  if [ -f "$build/build.ninja" ]; then
    meson configure "$build" "${options[@]}" || return
  else
    meson setup "$build" "${options[@]}" || return
  fi
  ninja -C "$build" && echo "built into $build"
}

capabilities () {
  nvidia-smi --query-gpu=compute_cap --format=csv,noheader | tr -d . | sort -nu | paste -sd,
}

# devices must name the card as usable: else everything below would quietly test the CPU.
list_devices () {
  "$build/app/monge-cli" devices || return
  [ "$rehearses" = yes ] && return
  "$build/app/monge-cli" devices --json - | python3 -c '
import json, sys
sys.exit(not any(d["kind"] == "cuda" and d["usable"] for d in json.load(sys.stdin)["devices"]))'
}

# meson_tests ARGUMENT...: programs open the backend named by MONGE_TEST_BACKEND.
meson_tests () {
  MONGE_TEST_BACKEND=$backend meson test -C "$build" --no-rebuild --timeout-multiplier 4 "$@"
}

test_unit () { meson_tests --suite unit; }
# Contexts without a screen, by EGL: buffers of the card that draws are registered with CUDA.
test_interop () { meson_tests render frames; }
# Any formula: every program of the table is compiled by NVRTC and run.
test_formulas () { MONGE_TEST_THOROUGH=1 meson_tests codegen formulas program gradients; }
# A wrong address is handed to a kernel; see test-card-fault.c.
test_fault () { meson_tests --suite card; }

run_bench () {
  local arguments=(--backend "$backend" --json "$out/bench.json")
  [ "$quick" = no ] || arguments+=(--quick)
  "$build/app/monge-cli" bench "${arguments[@]}"
}

# The same flow on both: the report shows the two rates and how far the results are apart.
run_flow () {
  local which arguments=(example:seahorse0 example:seahorse1 --steps 20)
  for which in cpu "$backend"; do
    "$build/app/monge-cli" register "${arguments[@]}" --backend "$which" -o "$out/moved-$which.ply" \
      --json "$out/register-$which.json" || return
    echo "$which done"
  done
}

# sanitize TOOL PROGRAM...: each test program under one tool of compute-sanitizer.
sanitize () {
  local tool=$1 program status=0
  shift
  command -v compute-sanitizer >/dev/null || { echo "compute-sanitizer is not installed"; return 77; }
  for program; do
    echo "== $program"
    MONGE_TEST_BACKEND=$backend MONGE_TEST_PATIENCE=50 G_SLICE=always-malloc \
      compute-sanitizer --tool "$tool" --error-exitcode 99 --target-processes all \
      "$build/tests/$program" -m quick || status=1
  done
  return "$status"
}

write_report () {
  {
    if [ "$rehearses" = yes ]; then
      echo "# Rehearsal: the CPU in the card's place. Says nothing about cards."
    else
      echo "# Monge on a card"
    fi
    printf '\n- commit %s%s\n' "$(git describe --always --abbrev=12 2>/dev/null || echo unknown)" \
      "$(git diff --quiet HEAD 2>/dev/null || echo ', with changes')"
    printf -- '- date %s, %s\n' "$(date -u '+%Y-%m-%d %H:%M UTC')" "$(uname -sr)"
    printf -- '- processor %s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
    if [ "$rehearses" = no ]; then
      printf -- '- CUDA %s\n' "$("$nvcc" --version | sed -n 's/.*release \(.*\)/\1/p')"
      printf -- '- card %s\n' "${cards//$'\n'/$'\n'- card }"
    fi
    printf '\n| step | result | time | |\n|---|---|---|---|\n'
    cat "$table"
    for log in devices bench; do
      [ -f "$out/logs/$log.log" ] || continue
      printf '\n## %s\n\n' "$log"
      sed 's/^/    /' "$out/logs/$log.log"
    done
    for log in "$out"/logs/*.log; do
      if grep -q "| $(basename "$log" .log) | FAILED" "$table"; then
        printf '\n## %s: the end of its log\n\n' "$(basename "$log" .log)"
        tail -n 60 "$log" | sed 's/^/    /'
      fi
    done
  } >"$out/report.md"
}

main () {
  check_machine
  if [ "$checks" = yes ]; then
    echo "run-on-card.sh: nothing is missing"
    return
  fi
  mkdir -p "$out/logs" && rm -f "$out"/logs/*.log || return
  table=$(mktemp) || return
  trap 'rm -f "$table"' EXIT

  if step build build_release && step devices list_devices; then
    step unit test_unit
    step interop test_interop
    step formulas test_formulas
    step fault test_fault
    step bench run_bench
    step flow run_flow
    if [ "$quick" = no ]; then
      for tool in memcheck racecheck synccheck initcheck; do
        step "$tool" sanitize "$tool" test-backend test-planes test-formulas
      done
    fi
  fi
  write_report
  echo "Report: $out/report.md"
  [ "$n_failed" = 0 ]
}

cards='' nvcc='' table='' n_failed=0
main; exit
