// SPDX-License-Identifier: Apache-2.0
// JPEG data that another format contains.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "image/row_reader.h"

namespace kite {

enum class JpegColours : std::uint8_t {
  kOfFile,      // what its markers say, as RGB
  kFromYCbCr,   // YCbCr whatever its markers say, as RGB
  kComponents,  // the stored components as they are, one byte each: rows of width * components bytes
};

[[nodiscard]] Result<std::unique_ptr<RowReader>> open_jpeg_data(std::span<const std::byte> bytes, const Limits& limits,
                                                                JpegColours colours, int components);

}  // namespace kite
