# Compilation through ccache where it is installed; a launcher that was chosen elsewhere stands. It takes precompiled
# headers by the date of what they were made of.
if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(GRADUS_CCACHE ccache)
  mark_as_advanced(GRADUS_CCACHE)
  if(GRADUS_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${GRADUS_CCACHE})
  endif()
endif()
