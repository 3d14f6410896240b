# SPDX-License-Identifier: Apache-2.0
# What the compiler and the linker add so that a mistake in reading foreign bytes ends the process instead of obeying the
# bytes, and what makes a build the same in every folder. tests/tools/test_hardening.py looks for each in what was built.

# Nothing of a build's folders is in what it makes: __FILE__ and debug information name files from the checkout's root.
# The later option is asked first.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=build)
# The tables of addresses that a start fills in are read-only from then on, and all of them are filled in at the start.
add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)

# For everything that includes the C library's headers with optimisation, sanitizers and fuzzers aside, which replace
# these functions: copies into objects whose size the compiler knows are checked. 0.02 % of the bytes.
add_library(kite_hardening INTERFACE)
if(NOT KITE_SANITIZERS AND NOT KITE_BUILD_FUZZERS)
  target_compile_options(kite_hardening INTERFACE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
                         $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
endif()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  # CET's shadow stack needs nothing but a note. Its other half, a mark at each target of an indirect jump, is 3 % of the
  # bytes, and no Linux checks it in programs.
  target_compile_options(kite_hardening INTERFACE -fcf-protection=return)
endif()

# The folders that take foreign bytes apart have stack protectors, 2 to 7 % of their bytes and 24 KB of kite. All others
# would cost kite 0.1 MB; they work on what these have checked, in memory that is not on the stack.
set(KITE_GUARDED base tensor onnx image output journal)
# kite_guard(<target> <folder>)
function(kite_guard target folder)
  if(folder IN_LIST KITE_GUARDED AND NOT KITE_SANITIZERS)
    target_compile_options(${target} PRIVATE -fstack-protector-strong)
  endif()
endfunction()
