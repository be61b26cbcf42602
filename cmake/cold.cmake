# For what runs once a race or a report: it builds in two thirds of the time, for which a first `./gradus race` waits.
function(gradus_is_cold target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()
