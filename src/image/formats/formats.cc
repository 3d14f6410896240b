// SPDX-License-Identifier: Apache-2.0
// The rows of formats.inc as tables.
#include <array>
#include <string>

#include "image/formats/codec.h"

namespace kite {
namespace {

constexpr std::array kFormats = {
#define KITE_PICTURE_FORMAT(identifier, name) PictureFormat::k##identifier,
#include "image/formats/formats.inc"
#undef KITE_PICTURE_FORMAT
};

}  // namespace

std::span<const PictureFormat> all_picture_formats() noexcept { return kFormats; }

const PictureCodec& codec_of(PictureFormat format) noexcept {
  switch (format) {
#define KITE_PICTURE_FORMAT(identifier, name) \
  case PictureFormat::k##identifier: return k##identifier##Codec;
#include "image/formats/formats.inc"
#undef KITE_PICTURE_FORMAT
  }
  return kJpegCodec;
}

std::string picture_format_list() {
  std::string list;
  for (const PictureFormat format : kFormats) {
    if (!list.empty()) list += format == kFormats.back() ? " or " : ", ";
    list += picture_format_name(format);
  }
  return list;
}

std::string_view picture_format_name(PictureFormat format) noexcept {
  switch (format) {
#define KITE_PICTURE_FORMAT(identifier, name) \
  case PictureFormat::k##identifier: return name;
#include "image/formats/formats.inc"
#undef KITE_PICTURE_FORMAT
  }
  return "";
}

}  // namespace kite
