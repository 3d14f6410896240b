// SPDX-License-Identifier: Apache-2.0
// A picture's file as bytes in memory. It is not mapped, because folders of cameras and downloads change while they are
// read, and a mapped file that becomes shorter ends the process.
#pragma once

#include <cstddef>
#include <string>

#include "base/regular_file.h"

namespace kite {

inline constexpr std::size_t kMaxPictureFileBytes = std::size_t{1} << 30;

// Looks at the first bytes before it reads the rest, so that a file that is not a picture of a known format is refused,
// with the error of sniff_format(), without reading all of it. kLimit for more than kMaxPictureFileBytes. The path is
// part of every error.
[[nodiscard]] Result<FileBytes> read_picture_file(const std::string& path);

}  // namespace kite
