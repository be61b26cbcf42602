# Shows that include_directions.cmake finds what it is there for: a small tree in -DWORK=<folder> that is right, and the
# same tree with one wrong include at a time, each of which must be named with its file, its line and what is allowed.
cmake_minimum_required(VERSION 3.25)
set(script ${CMAKE_CURRENT_LIST_DIR}/include_directions.cmake)
set(tree ${WORK}/tree)

function(write_right_tree)
  file(REMOVE_RECURSE ${tree})
  file(WRITE ${tree}/include/gradus/core/rule.hpp "#pragma once\n#include <array>\n")
  file(WRITE ${tree}/include/gradus/rules/adam.hpp "#pragma once\n#include <gradus/core/rule.hpp>\n")
  file(WRITE ${tree}/include/gradus/schedules/cosine.hpp "#include \"../core/rule.hpp\"\n")
  file(WRITE ${tree}/include/gradus/states/slot.hpp "#include <gradus/core/rule.hpp>\n")
  file(WRITE ${tree}/include/gradus/engine/sweep.hpp "#include <immintrin.h>\n#include <gradus/states/slot.hpp>\n")
  file(WRITE ${tree}/include/gradus/optimizer.hpp "#include <gradus/engine/sweep.hpp>\n")
  file(WRITE ${tree}/include/gradus/gradus.hpp "#include <gradus/optimizer.hpp>\n#include <gradus/rules/adam.hpp>\n")
  file(WRITE ${tree}/checkpoint/include/gradus/checkpoint/tensor.hpp "#include <string>\n")
  file(WRITE ${tree}/checkpoint/src/disk.cpp "#include <fcntl.h>\n#include \"gradus/checkpoint/tensor.hpp\"\n")
  file(WRITE ${tree}/adapters/libtorch/include/gradus/libtorch.hpp
       "#include <torch/torch.h>\n#include <gradus/gradus.hpp>\n")
  file(WRITE ${tree}/src/engine/runner.cpp "#include <gradus/engine/sweep.hpp>\n")
  file(WRITE ${tree}/src/registry.cpp "#include <gradus/gradus.hpp>\n")
  file(WRITE ${tree}/lab/tasks/net.hpp "#include <gradus/libtorch.hpp>\n")
  file(WRITE ${tree}/lab/race/race.hpp "#include \"lab/tasks/net.hpp\"\n")
  file(WRITE ${tree}/tools/gradus/main.cpp "#include \"lab/race/race.hpp\"\n")
endfunction()

function(check expected_result expected_text)
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${tree} -P ${script}
                  RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(expected_result STREQUAL "right" AND NOT result EQUAL 0)
    message(SEND_ERROR "a right tree was refused:\n${text}")
  elseif(expected_result STREQUAL "wrong" AND result EQUAL 0)
    message(SEND_ERROR "a wrong tree was let through; this was to be found: ${expected_text}\n${text}")
  endif()
  string(FIND "${text}" "${expected_text}\n" at)
  if(expected_text AND at EQUAL -1)
    message(SEND_ERROR "the line is missing: ${expected_text}\nthis was said:\n${text}")
  endif()
endfunction()

# wrong(<file> <include line> <what must be said after `file:line: `>)
function(wrong file include complaint)
  write_right_tree()
  file(APPEND ${tree}/${file} "\n  #  include ${include}  // wrong\n")
  file(STRINGS ${tree}/${file} lines)
  list(LENGTH lines line)
  check(wrong "${file}:${line}: includes ${complaint}")
endfunction()

write_right_tree()
check(right "")

wrong(include/gradus/core/rule.hpp "<gradus/rules/adam.hpp>"
      "<gradus/rules/adam.hpp> (rules), but core may include only: core")
wrong(include/gradus/rules/adam.hpp "\"../engine/sweep.hpp\""
      "<../engine/sweep.hpp> (engine), but rules may include only: rules, core, links")
wrong(include/gradus/rules/adam.hpp "<immintrin.h>"
      "<immintrin.h> (outside), but rules may include only: rules, core, links, the C++ standard library")
wrong(include/gradus/schedules/cosine.hpp "<gradus/optimizer.hpp>"
      "<gradus/optimizer.hpp> (optimizer), but schedules may include only: schedules, core")
wrong(include/gradus/states/slot.hpp "<gradus/engine/sweep.hpp>"
      "<gradus/engine/sweep.hpp> (engine), but states may include only: states, core")
wrong(include/gradus/engine/sweep.hpp "<gradus/rules/adam.hpp>"
      "<gradus/rules/adam.hpp> (rules), but engine may include only: engine, core, states")
wrong(include/gradus/engine/sweep.hpp "<torch/torch.h>"
      "<torch/torch.h> (outside), but engine may include only: engine, core, states, the C++ standard library, the platform's headers")
wrong(src/engine/runner.cpp "<gradus/rules/adam.hpp>"
      "<gradus/rules/adam.hpp> (rules), but src_engine may include only: src_engine, core, states, engine, src_core")
wrong(include/gradus/optimizer.hpp "<gradus/libtorch.hpp>"
      "<gradus/libtorch.hpp> (adapters), but optimizer may include only: optimizer, core, schedules, states, engine")
wrong(src/registry.cpp "\"lab/race/race.hpp\""
      "<lab/race/race.hpp> (lab_race), but src may include only: src, core, links, rules, schedules, states, engine, optimizer, registry, formula, everything, src_core, src_schedules, src_engine, src_rules")
wrong(include/gradus/optimizer.hpp "<gradus/checkpoint/tensor.hpp>"
      "<gradus/checkpoint/tensor.hpp> (checkpoint), but optimizer may include only: optimizer, core, schedules, states, engine")
wrong(checkpoint/src/disk.cpp "<gradus/libtorch.hpp>"
      "<gradus/libtorch.hpp> (adapters), but checkpoint may include only: checkpoint, core, links, rules, schedules, states, engine, optimizer, registry, formula, everything")
wrong(adapters/libtorch/include/gradus/libtorch.hpp "\"lab/race/race.hpp\""
      "<lab/race/race.hpp> (lab_race), but adapters may include only: adapters, core, links, rules, schedules, states, engine, optimizer, registry, formula, everything, checkpoint")
wrong(lab/race/race.hpp "<ATen/ATen.h>"
      "<ATen/ATen.h> (outside), but lab_race may include only: lab_race, core, links, rules, schedules, states, engine, optimizer, registry, formula, everything, lab_results, lab_tasks, the C++ standard library, the platform's headers")
wrong(lab/tasks/net.hpp "\"tools/gradus/main.cpp\""
      "<tools/gradus/main.cpp> (tools), but lab_tasks may include only: lab_tasks, core, links, rules, schedules, states, engine, optimizer, registry, formula, everything, adapters, lab_results, lab_data")
wrong(include/gradus/core/rule.hpp "<gradus/core/gone.hpp>" "<gradus/core/gone.hpp>, which is no file of this tree")

write_right_tree()
file(WRITE ${tree}/include/gradus/stray.hpp "#pragma once\n")
check(wrong "include/gradus/stray.hpp: belongs to no room, give it a row in tests/house/include_directions.cmake")
file(REMOVE_RECURSE ${tree})
