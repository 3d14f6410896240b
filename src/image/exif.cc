// SPDX-License-Identifier: Apache-2.0
// EXIF data is a TIFF directory; XMP is searched as text.
#include "image/exif.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "image/byte_order.h"
#include "image/formats/tiff_directory.h"

namespace kite {
namespace {

using Bytes = std::span<const std::byte>;

constexpr int in_range(std::uint64_t value) noexcept { return value >= 1 && value <= 8 ? static_cast<int>(value) : 0; }

// nullopt when the tag is absent; 0 when it is there and of no use, and of data that is no EXIF: as in Pillow, the XMP
// data then does not count either.
std::optional<int> exif_orientation(Bytes tiff) noexcept {
  constexpr std::string_view kPrefix("Exif\0\0", 6);
  for (int i = 0; i < 2 && as_text(tiff).starts_with(kPrefix); ++i) tiff = tiff.subspan(kPrefix.size());
  if (tiff.empty()) return std::nullopt;
  if (!is_tiff(as_text(tiff))) return 0;
  const auto directory = TiffDirectory::read(tiff);
  if (!directory.ok() || !directory->has_entry(TiffTag::kOrientation)) return std::nullopt;
  return in_range(directory->number(TiffTag::kOrientation).value_or(0));
}

int xmp_orientation(std::string_view xmp) noexcept {
  constexpr std::string_view kTag = "tiff:Orientation";
  for (std::size_t at = xmp.find(kTag); at != std::string_view::npos; at = xmp.find(kTag, at + 1)) {
    std::string_view rest = xmp.substr(at + kTag.size());
    if (rest.starts_with("=\""))
      rest.remove_prefix(2);
    else if (rest.starts_with(">"))
      rest.remove_prefix(1);
    else
      continue;
    if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') return in_range(static_cast<std::uint64_t>(rest[0] - '0'));
  }
  return 0;
}

}  // namespace

int orientation_of(const PictureMetadata& metadata) noexcept {
  if (const auto stated = exif_orientation(metadata.exif)) return *stated;
  return xmp_orientation(as_text(metadata.xmp));
}

}  // namespace kite
