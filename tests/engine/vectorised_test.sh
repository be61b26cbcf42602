#!/usr/bin/env bash
# vectorised_test.sh LIBRARY OBJDUMP: disassembles the built library and holds that every loop over elements works on whole
# vectors of its instruction set. What a formula does (its scalar remainder shows that: sqrtss, divss, mulss, ...) it must
# also do packed, in xmm, ymm or zmm registers; and a rule that divides by a root must have packed sqrt and divide. Loops of
# codecs and of draws, which are of integers, must each store whole vectors. Fused multiply-adds, of whole vectors, are in the
# micro-kernels of products and nowhere else.
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

  # How many loops of a codec, or of the draws, store vectors. Looking up in a map of 256 numbers does not.
  function loops(name) {
    if (name ~ /^DrawBody/ || (name ~ /^DecodeBody/ && name !~ /DynamicMap/)) return 1
    if (name !~ /^EncodeBody/ || name ~ /DynamicMap/) return 0
    return name ~ /Bfloat16|Halves|E4m3/ ? 4 : name ~ /Cast/ ? 1 : 2
  }

  function check(   i, n, operations) {
    if (kernel == "") return
    ++kernels[isa]
    if (kernel ~ /(Draw|Decode|Encode)Body/) {
      if (stores < loops(kernel)) fail(stores " stores of whole vectors, not " loops(kernel))
      kernel = ""
      split("", seen)
      return
    }
    n = split("sqrt div mul add sub", operations)
    for (i = 1; i <= n; ++i)
      if (scalar(operations[i]) && !packed(operations[i])) fail("only scalar " operations[i])
    if (!packed("mul")) fail("no packed mul")
    if (kernel !~ /BeforeBody/ && !packed("add") && !packed("sub")) fail("neither packed add nor packed sub")
    if (kernel ~ /UpdateBody<.*(Adam|AdaGrad|RMSProp|AMSGrad)/ && !(packed("sqrt") && packed("div")))
      fail("no packed sqrt and div")
    kernel = ""
    split("", seen)
  }

  # "avx2 float", say, where a function is a micro-kernel.
  function micro_kernel_of(name) {
    if (name !~ /add_products<gradus::engine::avx(2|512)::(Floats|Doubles)>/) return ""
    return (name ~ /avx512::/ ? "%zmm" : "%ymm") (name ~ /::Floats/ ? " ps" : " pd")
  }

  /^[0-9a-f]+ <.*>:$/ {
    check()
    stores = 0
    function_name = $0
    micro_kernel = micro_kernel_of($0)
    if ($0 !~ /Versions<.*(Update|Measure|Before|After)Body<.*(float|double)> *>::(baseline|avx2|avx512)</ &&
        $0 !~ /Versions<.*((Decode|Encode)Body<.*, float>|DrawBody) *>::(baseline|avx2|avx512)</) next
    if ($0 ~ /Cast<float>, .*, float>/) next  # copies
    if ($0 ~ /\[clone/) next
    isa = $0 ~ />::avx512</ ? "avx512" : $0 ~ />::avx2</ ? "avx2" : "baseline"
    register = isa == "avx512" ? "%zmm" : isa == "avx2" ? "%ymm" : "%xmm"
    # Sums are taken in double: the floats that make one vector of doubles fill half a vector.
    half = $0 !~ /MeasureBody<.*float> *>::/ ? register : isa == "avx512" ? "%ymm" : "%xmm"
    kernel = $0
    sub(/^[0-9a-f]+ <.*Versions</, "", kernel)
    sub(/^gradus::engine::\(anonymous namespace\)::/, "", kernel)
    sub(/>::(baseline|avx2|avx512)<.*/, "", kernel)
    kernel = kernel ", " isa
  }

  $2 ~ /^vf(n?m(add|sub)|maddsub|msubadd)[0-9]*(ps|pd|ss|sd)$/ {
    split(micro_kernel, expected, " ")
    if (micro_kernel != "" && index($0, expected[1]) && $2 ~ expected[2] "$") ++fused[micro_kernel]
    else if (!(function_name in complained)) {
      print "fused multiply-add, " $2 ": " function_name
      complained[function_name]
      ++failures
    }
  }

  # To memory, though not to the stack.
  kernel != "" && $2 ~ /^v?mov(ups|upd|aps|apd|dqu|dqa)[0-9]*$/ && index($3, register) == 1 && $3 ~ /,.*\(/ && $3 !~ /\(%rsp|\(%rbp\)/ {
    ++stores
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
    for (i in fused) {
      ++micro_kernels
      if (fused[i] < 12) fail("only " fused[i] " fused multiply-adds: " i)
    }
    if (micro_kernels != 4) fail(micro_kernels + 0 " micro-kernels, not 4")
    print total " loops, " failures + 0 " failures"
    exit failures > 0
  }
' "$listing"
