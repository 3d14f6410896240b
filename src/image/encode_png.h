// SPDX-License-Identifier: Apache-2.0
// 8-bit RGB -> a PNG file, which holds exactly these pixels: for pictures that a page or a person looks at.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "image/image.h"

namespace kite {

// `rgb`: size.width * size.height * 3 bytes, rows top to bottom without gaps. The PNG has no other chunks than the
// pixels need. kLimit where memory runs out; KITE_CHECK tests that `rgb` has the size.
[[nodiscard]] Result<std::string> encode_png(std::span<const std::uint8_t> rgb, Size size);

}  // namespace kite
