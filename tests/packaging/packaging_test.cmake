# Builds the outside project in consumer/ and runs its tests, against
#   -DWAY=installed     the build tree -DBUILD=<folder> installed to a fresh prefix
#   -DWAY=subdirectory  the sources at -DSOURCE=<folder>, as a part of the outside project
# in -DWORK=<folder>, with the compiler, build type and flags that gradus itself was built with (as a part, in Debug: that
# the whole library is built once more has to cost little).
cmake_minimum_required(VERSION 3.25)

function(run expected_result output)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if((expected_result STREQUAL "succeeds" AND NOT result EQUAL 0) OR (expected_result STREQUAL "fails" AND result EQUAL 0))
    list(JOIN ARGN " " command)
    message(NOTICE "${text}")
    message(FATAL_ERROR "this was to be a command that ${expected_result}: ${command}")
  endif()
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
set(consumer ${CMAKE_CURRENT_LIST_DIR}/consumer)
set(options -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=${BUILD_TYPE} -DCMAKE_CXX_FLAGS=${FLAGS})
if(LAUNCHER)
  list(APPEND options -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -DCONSUMER_LAUNCHER=ON)
endif()

if(WAY STREQUAL "installed")
  run(succeeds text ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
  if(LIBTORCH)
    list(APPEND options -DLIBTORCH_PROGRAM=${SOURCE}/examples/libtorch_swap.cpp)
  endif()
  # Away from the place it was installed to: a package must not remember that.
  file(RENAME ${WORK}/prefix ${WORK}/moved)
  list(APPEND options -DCMAKE_PREFIX_PATH=${WORK}/moved)
  file(GLOB_RECURSE remembered ${WORK}/moved/*.cmake)
  foreach(file IN LISTS remembered)
    file(STRINGS ${file} paths REGEX "${SOURCE}|${BUILD}|${WORK}/prefix")
    if(paths)
      message(FATAL_ERROR "${file} names a folder of this machine: ${paths}")
    endif()
  endforeach()
elseif(WAY STREQUAL "subdirectory")
  list(APPEND options -DGRADUS_SOURCE=${SOURCE} -DCMAKE_BUILD_TYPE=Debug)
else()
  message(FATAL_ERROR "-DWAY=${WAY}: installed or subdirectory was expected")
endif()

run(succeeds text ${CMAKE_COMMAND} -S ${consumer} -B ${WORK}/build ${options})
run(succeeds text ${CMAKE_COMMAND} --build ${WORK}/build)
run(succeeds text ${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --no-tests=error --output-on-failure -R "^(user|rule_writer|libtorch_program)$")
if(WAY STREQUAL "subdirectory")
  return()  # misuse is the same either way
endif()

file(GLOB misuses ${consumer}/misuse/*.cpp)
foreach(source IN LISTS misuses)
  get_filename_component(name ${source} NAME_WE)
  file(STRINGS ${source} words LIMIT_COUNT 1)
  string(REGEX REPLACE "^// " "" words "${words}")
  run(fails text ${CMAKE_COMMAND} --build ${WORK}/build --target misuse_${name})
  if(NOT text MATCHES "${words}")
    message(NOTICE "${text}")
    message(FATAL_ERROR "misuse/${name}.cpp did not compile, but without the words `${words}`")
  endif()
endforeach()
file(REMOVE_RECURSE ${WORK})
