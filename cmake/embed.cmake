# Text files become strings in a library, so that a program needs no file beside it.
#
# gradus_embed(TARGET ROOM FUNCTION FILE…) gives the target `std::string_view gradus::lab::FUNCTION(std::string_view name)`,
# which ROOM/embedded.hpp declares: the text of the file of that name.
function(gradus_embed target room function)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -D "INPUTS=${ARGN}" -D OUTPUT=${source} -D HEADER=${room}/embedded.hpp -D FUNCTION=${function}
            -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    DEPENDS ${ARGN} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  set(code "#include \"${HEADER}\"\n\nnamespace gradus::lab {\nstd::string_view ${FUNCTION}(std::string_view name) {\n")
  foreach(input IN LISTS INPUTS)
    get_filename_component(name "${input}" NAME)
    file(READ "${input}" text)
    string(APPEND code "  if (name == \"${name}\") return R\"embedded(${text})embedded\";\n")
  endforeach()
  file(WRITE "${OUTPUT}" "${code}  return \"\";\n}\n}\n")
endif()
