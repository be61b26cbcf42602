#!/usr/bin/env bash
# What a rule costs those who build gradus. There are not that many yet, so the missing ones are copies of Adam. Built
# without ccache, from the files of this folder as they are, in a temporary one ($TMPDIR, or /tmp).
#
#   bench/compile_time.sh [N…]     the library with N rules (15 30 60), a file at a time; what one more rule costs
#   bench/compile_time.sh clean N  all that `./gradus test` builds, with N rules, on all cores; what takes longest
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export CCACHE_DISABLE=1

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

rules_here() {  # how many types the tuple of built_in.hpp has
  sed 's,//.*,,' include/gradus/rules/built_in.hpp | tr -d '\n' | sed 's/.*tuple<//; s/>;.*//' | tr ',' '\n' | wc -w
}

# tree N: copies this folder to $work/N and adds rules there until there are N
tree() {
  local table=$work/$1/include/gradus/rules/built_in.hpp rules=$work/$1/include/gradus/rules i
  mkdir "$work/$1"
  git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar -x -C "$work/$1"
  for ((i = $(rules_here) + 1; i <= $1; ++i)); do
    sed "s/\bAdam\b/AdamCopy$i/g; s/\"adam\"/\"adam_copy_$i\"/" "$rules/adam.hpp" >"$rules/adam_copy_$i.hpp"
    sed -i "0,/#include \"gradus/s,,#include \"gradus/rules/adam_copy_$i.hpp\"\n&,; s/std::tuple</&AdamCopy$i, /" "$table"
  done
}

# build N JOBS TARGET OPTIONS…: prints "real user sys", in seconds
build() {
  local folder=$work/$1 jobs=$2 target=$3 TIMEFORMAT='%R %U %S'
  shift 3
  cmake -S "$folder" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@" >"$folder/log"
  if { time ninja -C "$folder/build" -j "$jobs" "$target" >>"$folder/log" 2>&1; } 2>"$folder/times"; then
    cat "$folder/times"
  else
    tail "$folder/log" >&2
    return 1
  fi
}

if [[ ${1:-} == clean ]]; then
  tree "$2"
  times=$(build "$2" "$(nproc)" all -DGRADUS_BUILD_BENCH=OFF)
  read -r _ load _ </proc/loadavg
  awk -v rules="$2" -v cores="$(nproc)" -v load="$load" '{
    printf "%d rules, all but the benchmarks: %d s on %d cores (load of 5 minutes: %.1f), %d s of CPU time\n",
      rules, $1, cores, load, $2 + $3 }' <<<"$times"
  echo "the longest:"
  awk 'NR > 1 { printf "%6.1f s  %s\n", ($2 - $1) / 1000, $4 }' "$work/$2/build/.ninja_log" | sort -rn | head -n 20
  exit
fi

(($# > 0)) || set -- 15 30 60
for n; do
  (($(rules_here) <= n)) || { echo "there are $(rules_here) rules already, so $n cannot be measured" >&2 && exit 1; }
  tree "$n"
  times=$(build "$n" 1 gradus -DGRADUS_BUILD_{BENCH,LAB,TESTS}=OFF)
  read -r _ user system <<<"$times"
  echo "$n $user $system $(stat -c %s "$work/$n/build/libgradus.a")"
done | awk '
  { n[NR] = $1; seconds[NR] = $2 + $3; kilobytes[NR] = $4 / 1000
    printf "%d rules: %.1f s of CPU time, %.0f kB\n", $1, seconds[NR], kilobytes[NR]; fflush() }
  function fit(y, unit,    i, sx, sy, sxx, sxy, slope, base, off, worst) {
    for (i = 1; i <= NR; ++i) { sx += n[i]; sy += y[i]; sxx += n[i] * n[i]; sxy += n[i] * y[i] }
    slope = (NR * sxy - sx * sy) / (NR * sxx - sx * sx)
    base = (sy - slope * sx) / NR
    for (i = 1; i <= NR; ++i) {
      off = 100 * (y[i] / (base + slope * n[i]) - 1)
      if (off * off >= worst * worst) worst = off
    }
    printf "a rule: %.2f %s, beside %.1f %s without any; farthest from that line: %+.1f%%\n", slope, unit, base, unit, worst
  }
  END { if (NR > 1) { fit(seconds, "s"); fit(kilobytes, "kB") } }'
