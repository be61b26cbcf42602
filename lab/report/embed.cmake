# cmake -D "INPUTS=FILE;…" -D OUTPUT=… -P embed.cmake: text files become strings in the program, by their names.
set(code "#include \"lab/report/embedded.hpp\"\n\nnamespace gradus::lab {\nstd::string_view embedded(std::string_view name) {\n")
foreach(input IN LISTS INPUTS)
  get_filename_component(name "${input}" NAME)
  file(READ "${input}" text)
  string(APPEND code "  if (name == \"${name}\") return R\"embedded(${text})embedded\";\n")
endforeach()
file(WRITE "${OUTPUT}" "${code}  return \"\";\n}\n}\n")
