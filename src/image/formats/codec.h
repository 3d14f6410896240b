// SPDX-License-Identifier: Apache-2.0
// What a picture format consists of. formats.inc lists them; each has one file here, which defines one constant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "image/decode.h"
#include "image/exif.h"
#include "image/image.h"
#include "image/row_reader.h"

namespace kite {

enum class Orienting : std::uint8_t {
  kOnRequest,  // Pillow returns the picture as stored
  kAlways,     // Pillow turns it whenever it loads it, so ExifPolicy::kIgnore does, too
};

struct PictureCodec {
  // `head`: the first bytes of a file, all of them or at least 512.
  bool (*recognises)(std::string_view head);
  // Of a file that was recognised. Reads the header and tests the limits before it allocates. Borrows `bytes` for as
  // long as the reader lives.
  Result<std::unique_ptr<RowReader>> (*open)(std::span<const std::byte> bytes, const Limits& limits);
  // Where the orientation may be stated; nullptr for a format that has no such place. The search is linear in the
  // file's size.
  PictureMetadata (*find_metadata)(std::span<const std::byte> bytes);
  // Names of files that are taken for this format without a look inside, separated by spaces: ".jpg .jpeg".
  std::string_view extensions;
  Orienting orienting = Orienting::kOnRequest;
};

#define KITE_PICTURE_FORMAT(identifier, name) extern const PictureCodec k##identifier##Codec;
#include "image/formats/formats.inc"
#undef KITE_PICTURE_FORMAT

[[nodiscard]] const PictureCodec& codec_of(PictureFormat format) noexcept;

// In the order of formats.inc.
[[nodiscard]] std::span<const PictureFormat> all_picture_formats() noexcept;

}  // namespace kite
