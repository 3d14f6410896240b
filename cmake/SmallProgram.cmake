# SPDX-License-Identifier: Apache-2.0
# Programs of a few kilobytes: static, in every build without sanitizers, without exceptions and libstdc++'s streams.

# kite_small_program(<name> a.cc ...)
function(kite_small_program name)
  add_executable(${name} ${ARGN})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_features(${name} PRIVATE cxx_std_20)
  set(warnings -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion)
  if(KITE_WARNINGS_ARE_ERRORS)
    list(APPEND warnings -Werror)
  endif()
  set_target_properties(${name} PROPERTIES COMPILE_OPTIONS "-O2;-fno-exceptions;-fno-rtti;${warnings}" LINK_OPTIONS "-static"
                        UNITY_BUILD OFF)
endfunction()

# kite_without_glibc(<name>): links a small program with musl instead of glibc where Debian's musl-dev is installed. glibc
# brings its streams, locales and character sets into every static program, 700 KB of them. Of C++ the program may use only
# what is in headers.
function(kite_without_glibc name)
  set(headers /usr/include/${CMAKE_SYSTEM_PROCESSOR}-linux-musl)
  set(musl /usr/lib/${CMAKE_SYSTEM_PROCESSOR}-linux-musl)
  if(CMAKE_CROSSCOMPILING OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR NOT EXISTS ${headers}/unistd.h OR NOT EXISTS ${musl}/crt1.o)
    return()
  endif()
  # The compiler's own folders again, with musl's headers before those of glibc, which still has the kernel's.
  set(folders ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
  set(of_language ${folders})
  list(FILTER of_language INCLUDE REGEX "c\\+\\+")
  list(REMOVE_ITEM folders ${of_language})
  list(TRANSFORM of_language PREPEND "SHELL:-isystem ")
  list(TRANSFORM folders PREPEND "SHELL:-idirafter ")
  # libstdc++'s headers ask which glibc there is.
  target_compile_options(${name} PRIVATE -nostdinc ${of_language} "SHELL:-isystem ${headers}" ${folders}
                         "SHELL:-D '__GLIBC_PREREQ(major,minor)=0'")
  target_link_options(${name} PRIVATE -nostdlib -Wl,--gc-sections)
  target_link_libraries(${name} PRIVATE ${musl}/crt1.o ${musl}/crti.o ${musl}/libc.a gcc ${musl}/crtn.o)
endfunction()
