#!/usr/bin/env bash
# Fuzzes targets of build/fuzz, each for so many seconds, two at once on each core; without names, all:
#
#   tests/fuzz/run.sh SECONDS [TARGET…]
#
# Inputs that reach something new stay in build/fuzz/found/TARGET, with which the next run begins; the corpus is only
# read. What ends a target, or takes it more than 10 s, is kept as build/fuzz/failures/TARGET-…: give it to the target as its
# argument. Fails if there is any.
set -euo pipefail
seconds=${1:?"usage: $0 SECONDS [TARGET…]"}
shift
room=$(dirname "$(readlink -f -- "${BASH_SOURCE[0]}")")
build=$room/../../build/fuzz
export seconds room build
# Some targets write files.
[[ ! -w /dev/shm ]] || export TMPDIR=/dev/shm
mkdir -p "$build/failures"
targets=("$@")
(($# > 0)) || mapfile -t targets < <(basename -s .dict "$room"/*.dict)

fuzz() {  # fuzz TARGET
  local log=$build/found/$1.log verdict=ok
  mkdir -p "$build/found/$1"
  # Inputs are short, so that who takes much time or memory for one is wrong.
  "$build/tests/fuzz/$1_fuzz" -max_total_time="$seconds" -max_len=20000 -timeout=10 -rss_limit_mb=1024 \
    -malloc_limit_mb=128 -print_final_stats=1 -dict="$room/$1.dict" -artifact_prefix="$build/failures/$1-" \
    "$build/found/$1" "$room/corpus/$1" >"$log" 2>&1 || verdict=FAILED
  printf '%-12s %-7s %10s executions, %5s edges\n' "$1" "$verdict" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -c 6-)"
  [[ $verdict == ok ]] || { tail -n 40 "$log" && return 1; }
}
export -f fuzz

printf '%s\n' "${targets[@]}" | xargs -P "$((2 * $(nproc)))" -I TARGET bash -c 'fuzz TARGET'
