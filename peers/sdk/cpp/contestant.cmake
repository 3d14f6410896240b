# SPDX-License-Identifier: Apache-2.0
# add_contestant(main.cc ...): the program `contestant` of a folder, with the protocol's code and libpaperkite.
find_package(paperkite REQUIRED)

function(add_contestant)
  set(sdk ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  add_executable(contestant ${ARGN} ${sdk}/contestant.cc)
  target_compile_features(contestant PRIVATE cxx_std_20)
  target_include_directories(contestant PRIVATE ${sdk})
  target_link_libraries(contestant PRIVATE paperkite::paperkite)
endfunction()
