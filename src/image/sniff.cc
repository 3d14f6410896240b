// SPDX-License-Identifier: Apache-2.0
// Magic numbers of the formats in which people store pictures, and of other files that are mistaken for pictures.
#include "image/sniff.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "image/formats/codec.h"

namespace kite {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  const char* name;
};

// Formats of pictures that are named in the error but cannot be read.
constexpr Magic kUnsupported[] = {
    {0, "II*\0"sv, "TIFF (or a camera's raw format)"},
    {0, "MM\0*"sv, "TIFF (or a camera's raw format)"},
    {0, "II+\0"sv, "BigTIFF"},
    {0, "MM\0+"sv, "BigTIFF"},
    {4, "ftypavif"sv, "AVIF"},
    {4, "ftypavis"sv, "AVIF"},
    {4, "ftyphei"sv, "HEIC"},
    {4, "ftyphev"sv, "HEIC"},
    {4, "ftypmif1"sv, "HEIF"},
    {4, "ftypmsf1"sv, "HEIF"},
    {4, "ftypcrx "sv, "Canon CR3"},
    {0, "\xff\x0a"sv, "JPEG XL"},
    {0, "\0\0\0\x0cJXL "sv, "JPEG XL"},
    {0, "\0\0\0\x0cjP  "sv, "JPEG 2000"},
    {0, "\xff\x4f\xff\x51"sv, "JPEG 2000"},
    {0, "8BPS"sv, "Photoshop"},
    {0, "qoif"sv, "QOI"},
    {0, "\0\0\1\0"sv, "ICO"},
    {0, "DDS "sv, "DDS"},
    {0, "\x76\x2f\x31\x01"sv, "OpenEXR"},
    {0, "#?RADIANCE"sv, "Radiance HDR"},
    {0, "\x8bJNG"sv, "JNG"},
    {0, "\x8aMNG"sv, "MNG"},
};

// Documents and films, which may contain pictures.
constexpr Magic kDocuments[] = {
    {4, "ftyp"sv, "an ISO media (MP4-like)"},
    {0, "%PDF-"sv, "PDF"},
    {0, "%!PS"sv, "PostScript"},
};

// Files that are not pictures, but are common enough to be named.
constexpr Magic kNotPictures[] = {
    {0, "PK\3\4"sv, "a zip archive"},
    {0, "\x1f\x8b"sv, "a gzip archive"},
    {0, "\x93NUMPY"sv, "a NumPy array"},
    {0,
     "\x7f"
     "ELF"sv,
     "a program"},
    {0, "version https://git-lfs"sv, "a Git LFS pointer (the picture itself was not downloaded)"},
};

bool has(std::string_view text, const Magic& magic) {
  return text.size() >= magic.offset + magic.bytes.size() &&
         text.substr(magic.offset, magic.bytes.size()) == magic.bytes;
}

Error unsupported(std::string_view name) {
  return {ErrorCode::kUnsupportedImage, "format " + std::string(name) + " is not supported", "",
          "convert it to JPEG, PNG or WebP"};
}

Error not_a_picture(std::string what) {
  return {ErrorCode::kInvalidImage, std::move(what), "", "give a JPEG, PNG or WebP file"};
}

bool looks_like_text(std::string_view head) {
  return std::all_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t' || byte == '\f';
  });
}

bool contains_ignoring_case(std::string_view text, std::string_view lower_case) {
  const auto found = std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                                 [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  return found != text.end();
}

}  // namespace

Result<PictureFormat> sniff_format(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 512));
  if (text.empty()) return not_a_picture("the file is empty (0 bytes)");
  for (const PictureFormat format : all_picture_formats()) {
    if (codec_of(format).recognises(text)) return format;
  }

  for (const Magic& magic : kUnsupported) {
    if (has(text, magic)) return unsupported(magic.name);
  }
  for (const Magic& magic : kDocuments) {
    if (has(text, magic)) return unsupported(magic.name);
  }
  for (const Magic& magic : kNotPictures) {
    if (has(text, magic)) return not_a_picture(std::string("this is ") + magic.name + ", not a picture");
  }
  if (looks_like_text(text)) {
    if (contains_ignoring_case(text, "<svg")) return unsupported("SVG");
    if (contains_ignoring_case(text, "<html") || contains_ignoring_case(text, "<!doctype html")) {
      return not_a_picture("this is an HTML page, not a picture");
    }
    return not_a_picture("this is text, not a picture");
  }
  if (text.size() < 12) return not_a_picture("too short to be a picture (" + std::to_string(bytes.size()) + " bytes)");
  return not_a_picture("not a picture in a known format");
}

bool is_picture(std::span<const std::byte> bytes) {
  const auto format = sniff_format(bytes);
  if (format.ok() || format.error().code != ErrorCode::kUnsupportedImage) return format.ok();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return std::ranges::none_of(kDocuments, [&](const Magic& magic) { return has(text, magic); }) ||
         std::ranges::any_of(kUnsupported, [&](const Magic& magic) { return has(text, magic); });
}

}  // namespace kite
