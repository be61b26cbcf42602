#!/usr/bin/env bash
# resume_test.sh RESUME: killed at random moments, the example ends with the very bits of the run that nothing broke off.
set -euo pipefail
resume=$1 steps=1500
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
mkdir "$folder/unbroken" "$folder/killed"
expected=$("$resume" "$folder/unbroken" $steps 2>/dev/null)
kills=0 found=
for ((i = 0; i < 200; ++i)); do
  pause=0.$(printf '%03d' $((RANDOM % 80 + 5)))
  if found=$(timeout -s KILL "$pause" "$resume" "$folder/killed" $steps 2>/dev/null); then break; fi
  kills=$((kills + 1))
done
[[ $found ]] || found=$("$resume" "$folder/killed" $steps 2>/dev/null)
echo "$kills times killed; ends at $found, expected $expected"
[[ $found == "$expected" && $kills -gt 0 ]]
