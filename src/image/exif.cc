// SPDX-License-Identifier: Apache-2.0
// One pass over a TIFF directory, one search through a text; every offset is checked against the end.
#include "image/exif.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "image/byte_order.h"

namespace kite {
namespace {

using Bytes = std::span<const std::byte>;

constexpr int in_range(std::uint64_t value) noexcept { return value >= 1 && value <= 8 ? static_cast<int>(value) : 0; }

// The bytes of one value of this TIFF type, where that type holds whole numbers; 0 for the others.
int whole_number_bytes(std::uint32_t type) noexcept {
  switch (type) {
    case 6: return 1;
    case 3:
    case 8: return 2;
    case 4:
    case 9:
    case 13: return 4;
    case 16: return 8;
    default: return 0;
  }
}

// A classic TIFF directory has entries of tag, type, count and value: 2+2+4+4 bytes; BigTIFF of 2+2+8+8.
struct Layout {
  ByteOrder order;
  std::size_t word;  // bytes of an offset and of a value

  [[nodiscard]] std::size_t entry_bytes() const noexcept { return 4 + 2 * word; }
  [[nodiscard]] std::size_t count_bytes() const noexcept { return word == 8 ? 8 : 2; }
};

int value_of_entry(Bytes tiff, std::size_t entry, const Layout& layout) noexcept {
  const auto word = static_cast<int>(layout.word);
  const int size = whole_number_bytes(read16(tiff, entry + 2, layout.order));
  const std::uint64_t count = read_number(tiff, entry + 4, word, layout.order);
  if (size == 0 || count == 0) return 0;
  std::uint64_t at = entry + 4 + layout.word;  // of several values the first counts
  if (count > layout.word / static_cast<std::size_t>(size)) at = read_number(tiff, at, word, layout.order);
  if (at > tiff.size() || tiff.size() - at < static_cast<std::size_t>(size)) return 0;
  return in_range(read_number(tiff, at, size, layout.order));
}

// nullopt when the tag is absent; 0 when it is there and of no use.
std::optional<int> exif_orientation(Bytes tiff) noexcept {
  constexpr std::string_view kPrefix("Exif\0\0", 6);
  for (int i = 0; i < 2 && as_text(tiff).starts_with(kPrefix); ++i) tiff = tiff.subspan(kPrefix.size());
  if (tiff.size() < 8) return std::nullopt;
  const bool big = as_text(tiff).starts_with("MM");
  if (!big && !as_text(tiff).starts_with("II")) return std::nullopt;
  Layout layout{big ? ByteOrder::kBig : ByteOrder::kLittle, 4};
  const std::uint32_t version = read8(tiff, 2) + read8(tiff, 3);  // some writers swap the two bytes of 42
  if (version == 43) layout.word = 8;
  if ((version != 42 && version != 43) || tiff.size() < 2 * layout.word) return std::nullopt;
  const std::uint64_t directory = read_number(tiff, layout.word, static_cast<int>(layout.word), layout.order);
  const std::size_t head = layout.count_bytes();
  if (directory > tiff.size() || tiff.size() - directory < head) return std::nullopt;
  const std::uint64_t entries = read_number(tiff, directory, static_cast<int>(head), layout.order);
  std::size_t entry = directory + head;
  for (std::uint64_t i = 0; i < entries; ++i, entry += layout.entry_bytes()) {
    if (tiff.size() - entry < layout.entry_bytes()) return std::nullopt;
    if (read16(tiff, entry, layout.order) == 0x0112) return value_of_entry(tiff, entry, layout);
  }
  return std::nullopt;
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
