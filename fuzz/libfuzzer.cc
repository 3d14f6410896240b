// SPDX-License-Identifier: Apache-2.0
// What libFuzzer calls, of the driver that KITE_FUZZED names.
#include <cstddef>
#include <cstdint>
#include <span>

#include "driver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kite::fuzz::KITE_FUZZED(std::as_bytes(std::span(data, size)));
  return 0;
}
