# Warnings of our own targets, and only when gradus is the top-level project: a user who builds it as a part of his own
# keeps his own flags. They are errors in the presets alone (CMAKE_COMPILE_WARNING_AS_ERROR), so that a newer compiler with
# a new warning does not stop `pip install`.
function(gradus_set_warnings target)
  if(PROJECT_IS_TOP_LEVEL AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    # -Wno-restrict: GCC 12 takes `"p" + std::to_string(i)` for an overlapping copy (its bug 105651).
    # -Wno-overlength-strings: what is embedded is longer than compilers must accept; these do.
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                           $<$<CXX_COMPILER_ID:Clang>:-Wno-overlength-strings>)
  endif()
endfunction()
