// SPDX-License-Identifier: Apache-2.0
// Magic numbers of the formats in which people store pictures, and of other files that are mistaken for pictures.
#include "image/sniff.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "image/formats/codec.h"
#include "image/row_reader.h"

namespace kite {
namespace {

using std::string_view_literals::operator""sv;

// What makes a PNG of a file without changing its pixels.
enum class Converter : std::uint8_t { kPillow, kMagick, kRenderer };

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  const char* name;
  Converter converter = Converter::kPillow;
};

// Formats of pictures that are named in the error but cannot be read.
constexpr Magic kUnsupported[] = {
    {4, "ftypavif"sv, "AVIF"},
    {4, "ftypavis"sv, "AVIF"},
    {4, "ftyphei"sv, "HEIC", Converter::kMagick},
    {4, "ftyphev"sv, "HEIC", Converter::kMagick},
    {4, "ftypmif1"sv, "HEIF", Converter::kMagick},
    {4, "ftypmsf1"sv, "HEIF", Converter::kMagick},
    {4, "ftypcrx "sv, "Canon CR3", Converter::kMagick},
    {0, "\xff\x0a"sv, "JPEG XL", Converter::kMagick},
    {0, "\0\0\0\x0cJXL "sv, "JPEG XL", Converter::kMagick},
    {0, "\0\0\0\x0cjP  "sv, "JPEG 2000"},
    {0, "\xff\x4f\xff\x51"sv, "JPEG 2000"},
    {0, "8BPS"sv, "Photoshop"},
    {0, "qoif"sv, "QOI"},
    {0, "icns"sv, "ICNS"},
    {0, "\0\0\1\0"sv, "ICO"},
    {0, "DDS "sv, "DDS"},
    {0, "BLP1"sv, "BLP"},
    {0, "BLP2"sv, "BLP"},
    {0, "\x01\xda\0\1"sv, "SGI"},
    {0, "\x01\xda\0\2"sv, "SGI"},
    {0, "\x01\xda\1\1"sv, "SGI"},
    {0, "\x0a\0\1"sv, "PCX"},
    {0, "\x0a\2\1"sv, "PCX"},
    {0, "\x0a\3\1"sv, "PCX"},
    {0, "\x0a\5\1"sv, "PCX"},
    {0, "\x59\xa6\x6a\x95"sv, "Sun raster"},
    {0, "SIMPLE  ="sv, "FITS"},
    {0, "/* XPM */"sv, "XPM"},
    {0, "Pf\n"sv, "PFM"},
    {0, "PF\n"sv, "PFM", Converter::kMagick},
    {0, "\x76\x2f\x31\x01"sv, "OpenEXR", Converter::kMagick},
    {0, "#?RADIANCE"sv, "Radiance HDR", Converter::kMagick},
    {0, "\x8bJNG"sv, "JNG", Converter::kMagick},
    {0, "\x8aMNG"sv, "MNG", Converter::kMagick},
};

// Documents and films, which may contain pictures.
constexpr Magic kDocuments[] = {
    {4, "ftyp"sv, "an ISO media (MP4-like)", Converter::kRenderer},
    {0, "%PDF-"sv, "PDF", Converter::kRenderer},
    {0, "%!PS"sv, "PostScript", Converter::kRenderer},
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

Error unsupported(std::string_view name, Converter converter) {
  std::string remedy;
  switch (converter) {
    case Converter::kPillow: remedy = kConvertWithPillow; break;
    case Converter::kMagick: remedy = "convert it: magick IN OUT.png"; break;
    case Converter::kRenderer: remedy = "save the picture that you mean as PNG"; break;
  }
  return {ErrorCode::kUnsupportedImage, "format " + std::string(name) + " is not supported", "", std::move(remedy)};
}

Error not_a_picture(std::string what) {
  return {ErrorCode::kInvalidImage, std::move(what), "", "give a picture: " + picture_format_list()};
}

// TGA begins with no magic number, so all of its header has to make sense: no or one palette, a known kind and depth,
// and in the last byte no bits that TGA does not use.
bool looks_like_tga(std::string_view head) {
  if (head.size() < 18) return false;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(head[i])); };
  const unsigned kind = byte(2) & ~8U;
  const bool has_palette = byte(1) == 1;
  const unsigned depth = byte(16);
  if (byte(1) > 1 || byte(2) > 11 || kind < 1 || kind > 3 || has_palette != (kind == 1)) return false;
  if (!has_palette && !head.substr(3, 5).starts_with("\0\0\0\0\0"sv)) return false;
  if (byte(12) + byte(13) == 0 || byte(14) + byte(15) == 0 || (byte(17) & 0xc0) != 0) return false;
  return kind == 2 ? depth == 16 || depth == 24 || depth == 32 : depth == 8 || (kind == 3 && depth == 16);
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
    if (has(text, magic)) return unsupported(magic.name, magic.converter);
  }
  for (const Magic& magic : kDocuments) {
    if (has(text, magic)) return unsupported(magic.name, magic.converter);
  }
  for (const Magic& magic : kNotPictures) {
    if (has(text, magic)) return not_a_picture(std::string("this is ") + magic.name + ", not a picture");
  }
  if (looks_like_text(text)) {
    if (contains_ignoring_case(text, "<svg")) return unsupported("SVG", Converter::kRenderer);
    if (contains_ignoring_case(text, "<html") || contains_ignoring_case(text, "<!doctype html")) {
      return not_a_picture("this is an HTML page, not a picture");
    }
    return not_a_picture("this is text, not a picture");
  }
  if (looks_like_tga(text)) return unsupported("TGA", Converter::kPillow);
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

bool has_picture_extension(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string extension = lower_case(file_name.substr(dot));
  return std::ranges::any_of(all_picture_formats(), [&](PictureFormat format) {
    const std::string_view all = codec_of(format).extensions;
    for (std::size_t at = all.find(extension); at != std::string_view::npos; at = all.find(extension, at + 1)) {
      if (at + extension.size() == all.size() || all[at + extension.size()] == ' ') return true;
    }
    return false;
  });
}

}  // namespace kite
