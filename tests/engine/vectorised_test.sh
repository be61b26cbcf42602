#!/usr/bin/env bash
# vectorised_test.sh LIBRARY OBJDUMP: disassembles the built library and holds that every loop over elements works on whole
# vectors of its instruction set. What a formula does (its scalar remainder shows that: sqrtss, divss, mulss, ...) it must
# also do packed, in xmm, ymm or zmm registers; and a rule that divides by a root must have packed sqrt and divide.
set -euo pipefail

library=$1
objdump=$2
listing=$(mktemp)
trap 'rm -f -- "$listing"' EXIT
"$objdump" --disassemble --demangle --no-show-raw-insn --wide "$library" >"$listing"

awk '
  function fail(what) { print what ": " kernel; ++failures }

  # Is there the packed form of an operation, in the registers of this instruction set?
  function packed(operation) { return (operation "ps") in seen || (operation "pd") in seen }
  function scalar(operation) { return (operation "ss") in seen || (operation "sd") in seen }

  function check(   i, n, operations) {
    if (kernel == "") return
    ++kernels[isa]
    n = split("sqrt div mul add sub", operations)
    for (i = 1; i <= n; ++i)
      if (scalar(operations[i]) && !packed(operations[i])) fail("only scalar " operations[i])
    if (!packed("mul")) fail("no packed mul")
    if (!packed("add") && !packed("sub")) fail("neither packed add nor packed sub")
    if (kernel ~ /UpdateBody<.*(Adam|AdaGrad|RMSProp|AMSGrad)/ && !(packed("sqrt") && packed("div")))
      fail("no packed sqrt and div")
    kernel = ""
    split("", seen)
  }

  /^[0-9a-f]+ <.*>:$/ {
    check()
    if ($0 !~ /Versions<.*(Update|Measure|Before|After|Panel)Body<.*(float|double)> *>::(baseline|avx2|avx512)</) next
    if ($0 ~ /\[clone/) next
    isa = $0 ~ />::avx512</ ? "avx512" : $0 ~ />::avx2</ ? "avx2" : "baseline"
    register = isa == "avx512" ? "%zmm" : isa == "avx2" ? "%ymm" : "%xmm"
    # Sums are taken in double: the floats that make one vector of doubles fill half a vector.
    half = $0 !~ /MeasureBody<.*float> *>::/ ? register : isa == "avx512" ? "%ymm" : "%xmm"
    kernel = $0
    sub(/^[0-9a-f]+ <.*Versions</, "", kernel)
    sub(/>::(baseline|avx2|avx512)<.*/, "", kernel)
    kernel = kernel ", " isa
  }

  kernel != "" && $2 ~ /^v?(sqrt|div|mul|add|sub)(ps|pd|ss|sd)$/ {
    operation = $2
    sub(/^v/, "", operation)
    if (operation ~ /s[sd]$/ || index($0, register) || (operation ~ /ps$/ && index($0, half))) seen[operation] = 1
  }

  END {
    check()
    for (i in kernels) total += kernels[i]
    if (kernels["baseline"] < 20 || kernels["avx2"] < 20 || kernels["avx512"] < 20)
      fail("too few loops found: " kernels["baseline"] + 0 ", " kernels["avx2"] + 0 ", " kernels["avx512"] + 0)
    print total " loops, " failures + 0 " failures"
    exit failures > 0
  }
' "$listing"
