# SPDX-License-Identifier: Apache-2.0
# kite_library() and kite_test(): the two ways a folder adds code. Sources are always listed by name.

add_library(kite_options INTERFACE)
target_compile_features(kite_options INTERFACE cxx_std_20)
target_include_directories(kite_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
# -ffp-contract=off: the portable code is the judge of values, so a*b+c must round twice everywhere.
target_compile_options(kite_options INTERFACE -ffp-contract=off -fno-math-errno -ffunction-sections -fdata-sections)
target_link_libraries(kite_options INTERFACE kite_hardening)
if(KITE_WARNINGS_ARE_ERRORS)
  target_compile_options(kite_options INTERFACE -Werror)
endif()
target_compile_options(kite_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libstdc++ 12's own std::stable_sort uses what it calls deprecated.
  target_compile_options(kite_options INTERFACE -Wno-deprecated-declarations)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping, endless and impossible copies in `"literal" + std::string` (GCC bugs 105329 and 105651, fixed in 13).
  target_compile_options(kite_options INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()

# The presets compile a target's sources in batches (CMAKE_UNITY_BUILD), which thirds the time of a build; `dev` does not,
# and sees that each file includes what it uses. A target whose files say the same local names on purpose (every operator
# has its `infer` and `compute`) is compiled file by file, with the headers that they share compiled once.
# kite_file_by_file(<folder> [header...])
function(kite_file_by_file name)
  set_target_properties(kite_${name} PROPERTIES UNITY_BUILD OFF)
  if(ARGN)
    target_precompile_headers(kite_${name} PRIVATE ${ARGN})
  endif()
endfunction()

# kite_library(<folder> SOURCES a.cc b.cc [DEPS kite_base ...])  ->  static library kite_<folder>
function(kite_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(kite_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(kite_${name} PUBLIC kite_options ${ARG_DEPS})
  kite_guard(kite_${name} ${name})
endfunction()

set(KITE_SLOWNESS 1)
if(KITE_SANITIZERS)
  set(KITE_SLOWNESS 10)  # of what is instrumented, with a reserve; tests/python/sanitizers.py has the same number
endif()

# kite_timeout(<seconds> test...): how long tests may take without sanitizers.
function(kite_timeout seconds)
  math(EXPR limit "${KITE_SLOWNESS} * ${seconds}")
  set_tests_properties(${ARGN} PROPERTIES TIMEOUT ${limit})
endfunction()

# What `make tsan` builds: a kernel's own tests have one thread.
if(KITE_BUILD_TESTS)
  add_custom_target(thread_tests)
endif()

# kite_test(<folder> SOURCES a_test.cc ... [DEPS kite_base ...] [LABEL threads])  ->  one GoogleTest program
# kite_<folder>_test. `threads` marks what ThreadSanitizer looks at.
function(kite_test name)
  if(NOT KITE_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPS" ${ARGN})
  add_executable(kite_${name}_test ${ARG_SOURCES})
  # Tests are compiled once and run for a moment: -O1 halves the wait for them.
  target_compile_options(kite_${name}_test PRIVATE -O1)
  target_link_libraries(kite_${name}_test PRIVATE kite_options ${ARG_DEPS} GTest::gtest_main)
  set(properties)
  if("threads" IN_LIST ARG_LABEL)
    add_dependencies(thread_tests kite_${name}_test)
  endif()
  if(ARG_LABEL)
    set(properties PROPERTIES LABELS "${ARG_LABEL}")
  endif()
  math(EXPR discovery "120 * ${KITE_SLOWNESS}")
  gtest_discover_tests(kite_${name}_test DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT ${discovery}
                       TEST_PREFIX "${name}/" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} ${properties})
endfunction()

# The targets of src/kernels/targets.inc, and what the compiler is told of each.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  set(KITE_TARGETS neon generic)
  set(KITE_TARGETS_OF_32_REGISTERS neon)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  set(KITE_TARGETS avx512 avx2 generic)
  set(KITE_TARGETS_OF_32_REGISTERS avx512)
else()
  set(KITE_TARGETS generic)
  set(KITE_TARGETS_OF_32_REGISTERS generic)
endif()
set(KITE_TARGET_FLAGS_neon)
set(KITE_TARGET_FLAGS_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mprefer-vector-width=512)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND KITE_TARGET_FLAGS_avx512 -Wno-uninitialized -Wno-maybe-uninitialized)  # its AVX-512 header trips both (GCC bug 105593)
  # Loads moved ahead before registers are given out take more than there are: the inner loop of a tile then spills its sums.
  list(APPEND KITE_TARGET_FLAGS_neon -fno-schedule-insns)
endif()
set(KITE_TARGET_FLAGS_avx2 -mavx2 -mfma)
# For processors that have neither, which are rare: -O3 would make half as much again of it, a twentieth of the kernels.
set(KITE_TARGET_FLAGS_generic -O2)

# kite_target_objects(<name> <source> <result> [target...]): compiles a source once for each target (or for those that are
# named), which it finds in KITE_TARGET; <result> is the list of objects.
function(kite_target_objects name source result)
  set(targets ${ARGN})
  if(NOT targets)
    set(targets ${KITE_TARGETS})
  endif()
  set(objects)
  foreach(target ${targets})
    # An object library of its own, so that the flags of one target reach nothing else and nm can check it.
    add_library(kite_${name}_${target} OBJECT ${source})
    target_link_libraries(kite_${name}_${target} PRIVATE kite_options)
    # Kernels are always optimised: a debug build is for the code around them. Nothing is thrown through them, so they have
    # no tables to unwind their frames by, 42 KB of the program; with -g a debugger has its own.
    target_compile_options(kite_${name}_${target} PRIVATE -O3 -fno-exceptions -fno-rtti -fno-asynchronous-unwind-tables
                           ${KITE_TARGET_FLAGS_${target}})
    target_compile_definitions(kite_${name}_${target} PRIVATE KITE_TARGET=${target}
                               KITE_TARGET_VECTOR="kernels/simd/${target}.inl")
    set_target_properties(kite_${name}_${target} PROPERTIES UNITY_BUILD OFF)
    list(APPEND objects $<TARGET_OBJECTS:kite_${name}_${target}>)
  endforeach()
  set(${result} ${objects} PARENT_SCOPE)
endfunction()

# kite_embedded_texts(<result> HEADER race/x/assets.h NAMESPACE kite::race TEXTS kName a.css b.css kOther c.js ...): a C++
# source, made when one of the files changes, that defines the constants of HEADER. A word with k and a capital begins a
# constant; the files after it are its text, one after another.
function(kite_embedded_texts result)
  cmake_parse_arguments(ARG "" "HEADER;NAMESPACE" "TEXTS" ${ARGN})
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/assets.cc)
  set(files)
  set(texts "")
  foreach(word ${ARG_TEXTS})
    if(word MATCHES "^k[A-Z][A-Za-z]*$")
      string(APPEND texts ";${word}=")
      continue()
    endif()
    get_filename_component(file ${word} ABSOLUTE)
    list(APPEND files ${file})
    if(texts MATCHES "=$")
      string(APPEND texts "${file}")
    else()
      string(APPEND texts "|${file}")
    endif()
  endforeach()
  string(REGEX REPLACE "^;" "" texts "${texts}")
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DHEADER=${ARG_HEADER} -DNAMESPACE=${ARG_NAMESPACE} "-DTEXTS=${texts}" -P ${script}
    DEPENDS ${files} ${script}
    COMMENT "Embedding the texts of ${ARG_HEADER}"
    VERBATIM)
  set(${result} ${out} PARENT_SCOPE)
endfunction()

# kite_link_map(<target>): the linker writes what it took, and from where, into maps/<target>.map of the build folder.
# tools/third_party_notices reads it.
function(kite_link_map target)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/maps)
  target_link_options(${target} PRIVATE LINKER:-Map=${CMAKE_BINARY_DIR}/maps/${target}.map)
endfunction()

# kite_fold_functions(<program>): the linker keeps one of several functions with the same instructions, as templates make them,
# unless a program could compare their addresses: 3 % of what is compressed. Only gold does that with GCC's objects. It is not
# for shared objects: gold lets them need symbols of functions that it has left out, and so a newer glibc.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND NOT KITE_SANITIZERS AND NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  include(CheckLinkerFlag)
  check_linker_flag(CXX "-fuse-ld=gold;LINKER:--icf=safe" KITE_CAN_FOLD_FUNCTIONS)
endif()
function(kite_fold_functions target)
  if(KITE_CAN_FOLD_FUNCTIONS)
    target_link_options(${target} PRIVATE -fuse-ld=gold LINKER:--icf=safe)
  endif()
endfunction()
