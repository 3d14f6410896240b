// SPDX-License-Identifier: Apache-2.0
// Where a PNG states its orientation.
#pragma once

#include <cstddef>
#include <span>

#include "image/exif.h"

namespace kite {

// EXIF in an eXIf chunk or in the text "Raw profile type exif" (as ImageMagick writes it, in hexadecimal digits), XMP
// in the text "XML:com.adobe.xmp". As in Pillow the last one counts, eXIf before the text. A compressed text of more
// than 1 MiB is left out.
[[nodiscard]] PictureMetadata find_png_metadata(std::span<const std::byte> file);

}  // namespace kite
