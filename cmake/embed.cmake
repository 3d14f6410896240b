# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=<source> -DHEADER=<include> -DNAMESPACE=<n> "-DTEXTS=kName=a.css|b.css;..." -P embed.cmake: writes files into
# a C++ source, as the constants kName (the files one after another) and kNameSha256 (hexadecimal).
# A string literal of C++ may hold 65,536 characters.
set(source "// SPDX-License-Identifier: Apache-2.0\n// Made when the project is built.\n#include \"${HEADER}\"\n\n")
string(APPEND source "namespace ${NAMESPACE} {\n\n")
foreach(entry ${TEXTS})
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${entry}")
  set(name ${CMAKE_MATCH_1})
  string(REPLACE "|" ";" files "${CMAKE_MATCH_2}")
  set(text "")
  foreach(file ${files})
    file(READ ${file} part)
    string(APPEND text "${part}")
  endforeach()
  string(LENGTH "${text}" length)
  if(length GREATER 65000)
    message(FATAL_ERROR "${name} has ${length} characters: a string literal holds 65,536 of them")
  endif()
  string(SHA256 sha256 "${text}")
  string(APPEND source "const std::string_view ${name} = R\"kite_text(${text})kite_text\";\n"
                       "const std::string_view ${name}Sha256 = \"${sha256}\";\n")
endforeach()
string(APPEND source "\n}  // namespace ${NAMESPACE}\n")
file(WRITE ${OUT} "${source}")
