// SPDX-License-Identifier: Apache-2.0
// Any bytes that are recognised as one format (KITE_FUZZED_FORMAT): all of its rows, and what it says of the
// orientation.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "image/formats/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const kite::PictureCodec& codec = kite::KITE_FUZZED_FORMAT;
  const auto bytes = std::as_bytes(std::span(data, size));
  if (!codec.recognises(std::string_view(reinterpret_cast<const char*>(data), size))) return 0;
  if (codec.find_metadata != nullptr) (void)kite::orientation_of(codec.find_metadata(bytes));
  kite::DecodeLimits limits;
  limits.max_pixels = 1 << 20;  // so that a run is short, not because more is unsafe
  limits.max_scan_pixels = 1 << 24;
  const auto check = [](const kite::Error& error) {
    using enum kite::ErrorCode;
    if (error.code != kInvalidImage && error.code != kUnsupportedImage && error.code != kLimit) std::abort();
  };
  const auto reader = codec.open(bytes, limits);
  if (!reader.ok()) {
    check(reader.error());
    return 0;
  }
  std::vector<std::uint8_t> row(static_cast<std::size_t>((*reader)->size().width) * 3);
  for (std::int64_t y = 0; y < (*reader)->size().height; ++y) {
    if (const auto status = (*reader)->read_row(row.data()); !status.ok()) {
      check(status.error());
      return 0;
    }
  }
  return 0;
}
