// SPDX-License-Identifier: Apache-2.0
// The first directory of a TIFF file: its tags and their values. Nothing is copied, and no value is read before it is
// asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "image/byte_order.h"
#include "paperkite/error.h"

namespace kite {

enum class TiffTag : std::uint16_t {
  kWidth = 256,
  kHeight = 257,
  kBitsPerSample = 258,
  kCompression = 259,
  kPhotometric = 262,
  kFillOrder = 266,
  kStripOffsets = 273,
  kOrientation = 274,
  kSamplesPerPixel = 277,
  kRowsPerStrip = 278,
  kStripByteCounts = 279,
  kPlanarConfiguration = 284,
  kPredictor = 317,
  kColourMap = 320,
  kTileWidth = 322,
  kTileHeight = 323,
  kTileOffsets = 324,
  kTileByteCounts = 325,
  kExtraSamples = 338,
  kSampleFormat = 339,
  kJpegTables = 347,
  kXmp = 700,
};

// The values of one tag, which are inside the file.
class TiffValues {
 public:
  TiffValues() = default;
  TiffValues(std::span<const std::byte> bytes, int value_bytes, ByteOrder order, bool is_signed)
      : bytes_(bytes), value_bytes_(value_bytes), order_(order), is_signed_(is_signed) {}

  [[nodiscard]] std::size_t count() const noexcept { return bytes_.size() / static_cast<std::size_t>(value_bytes_); }
  // Bytes that have no sign are bytes to Pillow, not numbers.
  [[nodiscard]] bool are_numbers() const noexcept { return value_bytes_ > 1 || is_signed_; }
  // A negative number, which has no meaning in any tag here, is a very large one.
  [[nodiscard]] std::uint64_t at(std::size_t i) const noexcept {
    const std::uint64_t value = read_number(bytes_, i * static_cast<std::size_t>(value_bytes_), value_bytes_, order_);
    const bool is_negative = is_signed_ && (value >> (8 * value_bytes_ - 1) & 1) != 0;
    return is_negative ? std::numeric_limits<std::uint64_t>::max() : value;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
  int value_bytes_ = 1;
  ByteOrder order_ = ByteOrder::kLittle;
  bool is_signed_ = false;
};

// By the first bytes of a file, or of EXIF data.
[[nodiscard]] bool is_tiff(std::string_view head);

class TiffDirectory {
 public:
  // Classic TIFF of both byte orders, and little-endian BigTIFF. Borrows `file`.
  [[nodiscard]] static Result<TiffDirectory> read(std::span<const std::byte> file);

  // Empty when the tag is absent, is of a type without whole numbers or bytes, or lies outside the file.
  [[nodiscard]] TiffValues values(TiffTag tag) const noexcept;
  // The first value; nullopt when the tag is absent or has bytes instead of numbers.
  [[nodiscard]] std::optional<std::uint64_t> number(TiffTag tag) const noexcept;
  // Also where its values are of no use.
  [[nodiscard]] bool has_entry(TiffTag tag) const noexcept { return find(tag) != 0; }
  [[nodiscard]] bool has(TiffTag tag) const noexcept { return values(tag).count() > 0; }
  [[nodiscard]] bool is_absent_or_numbers(TiffTag tag) const noexcept;
  // Absent, or exactly one number.
  [[nodiscard]] bool is_at_most_one(TiffTag tag) const noexcept;

  [[nodiscard]] ByteOrder order() const noexcept { return order_; }
  [[nodiscard]] bool has_more_pages() const noexcept { return has_more_pages_; }

 private:
  void stop_where_values_are_cut() noexcept;
  // Whether the values are in the entry itself instead of at an offset.
  [[nodiscard]] bool is_in_entry(std::size_t entry) const noexcept;
  // Where the tag's entry begins; 0 when it is absent.
  [[nodiscard]] std::size_t find(TiffTag tag) const noexcept;

  std::span<const std::byte> file_;
  ByteOrder order_ = ByteOrder::kLittle;
  int word_bytes_ = 4;  // of an offset; 8 in BigTIFF
  std::size_t entries_at_ = 0;
  std::uint64_t entries_ = 0;
  std::size_t first_skipped_ = std::numeric_limits<std::size_t>::max();  // from here on, values outside do not count
  bool has_more_pages_ = false;
};

}  // namespace kite
