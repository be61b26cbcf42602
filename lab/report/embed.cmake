# cmake -D INPUT=… -D OUTPUT=… -D SYMBOL=… -P embed.cmake: a text file becomes a string in the program.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "#include <string_view>\n\nnamespace gradus::lab {\nextern const std::string_view ${SYMBOL};\nconst std::string_view ${SYMBOL} = R\"embedded(${text})embedded\";\n}\n")
