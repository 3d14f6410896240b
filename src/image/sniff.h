// SPDX-License-Identifier: Apache-2.0
// Recognises a picture's format by its first bytes. A name says only which files of a folder are meant to be pictures.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "image/image.h"

namespace kite {

// kUnsupportedImage naming the format for pictures paperkite does not read, kInvalidImage for anything else.
[[nodiscard]] Result<PictureFormat> sniff_format(std::span<const std::byte> bytes);

// True for the first bytes of a picture, also of one in a format that paperkite does not read; false for documents and
// films, which sniff_format() names as well.
[[nodiscard]] bool is_picture(std::span<const std::byte> bytes);

// True for names that end as one of the formats' files do, in upper or lower case: "photo.JPG".
[[nodiscard]] bool has_picture_extension(std::string_view file_name);

}  // namespace kite
