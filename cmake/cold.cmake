# For what has no loop over elements: it builds in two thirds of the time, for which a first `./gradus race` waits.
function(gradus_is_cold target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()
