// SPDX-License-Identifier: Apache-2.0
// A picture's file as bytes in memory. It is not mapped, because folders of cameras and downloads change while they are
// read, and a mapped file that becomes shorter ends the process.
#pragma once

#include <string>

#include "base/limits.h"
#include "base/regular_file.h"

namespace kite {

// Looks at the first bytes before it reads the rest, so that a file that is not a picture of a known format is refused,
// with the error of sniff_format(), without reading all of it. kLimit for more than picture-bytes. The path is
// part of every error.
[[nodiscard]] Result<FileBytes> read_picture_file(const std::string& path, const Limits& limits = {});

}  // namespace kite
