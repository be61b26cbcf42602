# Compilation through ccache where it is installed; a launcher that was chosen elsewhere stands.
if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(GRADUS_CCACHE ccache)
  mark_as_advanced(GRADUS_CCACHE)
  if(GRADUS_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${GRADUS_CCACHE})
  endif()
endif()
