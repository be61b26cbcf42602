# Compilation through ccache where it is installed; a launcher that was chosen elsewhere stands. Files with precompiled
# headers it takes only if it may overlook macros that these define, and the time of day.
if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(GRADUS_CCACHE ccache)
  mark_as_advanced(GRADUS_CCACHE)
  if(GRADUS_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${GRADUS_CCACHE})
  endif()
endif()
