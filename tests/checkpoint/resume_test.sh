#!/usr/bin/env bash
# resume_test.sh RESUME: killed at random moments, the example ends with the very bits of the run that nothing broke off.
set -euo pipefail
resume=$1 steps=20000 folder=$(mktemp -d) kills=0
trap 'rm -rf -- "$folder"' EXIT
mkdir "$folder/unbroken" "$folder/killed"

start=${EPOCHREALTIME/./}
expected=$("$resume" "$folder/unbroken" $steps 2>/dev/null)
whole=$((${EPOCHREALTIME/./} - start))  # microseconds

found=
until [[ $found ]]; do  # the first time well before its end, then after up to a fifth of the whole
  pause=$((kills == 0 ? whole / 4 : whole * (RANDOM % 20 + 2) / 100))
  if found=$(timeout -s KILL "$(printf '%d.%06d' $((pause / 1000000)) $((pause % 1000000)))" \
    "$resume" "$folder/killed" $steps 2>/dev/null); then break; fi
  kills=$((kills + 1))
  ((kills < 500)) || break
done
echo "killed $kills times; ends at $found, expected $expected"
[[ $found == "$expected" && $kills -gt 0 ]]
