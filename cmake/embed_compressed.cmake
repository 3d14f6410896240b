# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=<source> -DHEADER=<include> -DNAMESPACE=<n> -DNAME=kX "-DFILES=a|b" -P embed_compressed.cmake: writes files,
# one after the other and compressed by gzip, into a C++ source, as the bytes kX.
string(REPLACE "|" ";" files "${FILES}")
execute_process(COMMAND ${CMAKE_COMMAND} -E cat ${files} COMMAND gzip -9 -n OUTPUT_FILE ${OUT}.gz COMMAND_ERROR_IS_FATAL ANY)
file(READ ${OUT}.gz bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "// SPDX-License-Identifier: Apache-2.0\n// Made when the project is built.\n#include \"${HEADER}\"\n\n"
                  "namespace ${NAMESPACE} {\n\nnamespace {\n\nconstexpr unsigned char kBytes[] = {\n${bytes}};\n\n}  // namespace\n\n"
                  "const std::span<const unsigned char> ${NAME} = kBytes;\n\n}  // namespace ${NAMESPACE}\n")
