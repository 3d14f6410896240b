# SPDX-License-Identifier: Apache-2.0
# How a release is optimised: for size. Kernels and pictures ask for -O3 themselves; elsewhere it makes the program larger
# and nothing faster.
string(REPLACE "-O3" "-Os" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Without these two, code is as large and as fast, but repeats itself more: functions take and save their registers in one
  # order. Compressed it is a twelfth smaller, kernels a twentieth.
  string(APPEND CMAKE_CXX_FLAGS_RELEASE " -fno-schedule-insns2 -fno-ipa-sra")
endif()
