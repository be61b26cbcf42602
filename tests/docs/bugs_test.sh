#!/usr/bin/env bash
# bugs_test.sh ROOT: the tests that docs/bugs-we-would-have-caught.md names are there.
set -euo pipefail
cd "$1"
missing=0
# shellcheck disable=SC2016  # Markdown's backticks
names=$(grep -oE '`[A-Z][A-Za-z0-9]+\.[a-z][a-z0-9_A-Z]+`' docs/bugs-we-would-have-caught.md | tr -d '`' | sort -u)
while IFS=. read -r suite test; do
  grep -rqE "TEST(_P|_F)?\($suite, $test\)" tests || { echo "there is no test $suite.$test"; missing=1; }
done <<<"$names"
exit $missing
