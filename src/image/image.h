// SPDX-License-Identifier: Apache-2.0
// An 8-bit RGB picture in memory, and what is known about the file it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite {

struct Size {
  std::int64_t width = 0;
  std::int64_t height = 0;
  [[nodiscard]] bool operator==(const Size&) const noexcept = default;
};

// No side of a picture, read or resized, is longer than this. Pillow keeps box coordinates in float32, which is exact
// up to this number; for longer sides Pillow's result is not defined by a rule that could be followed.
inline constexpr std::int64_t kMaxSide = std::int64_t{1} << 24;

enum class PictureFormat : std::uint8_t {
#define KITE_PICTURE_FORMAT(identifier, name) k##identifier,
#include "image/formats/formats.inc"
#undef KITE_PICTURE_FORMAT
};
[[nodiscard]] std::string_view picture_format_name(PictureFormat format) noexcept;  // "JPEG", "PNG", ...
[[nodiscard]] std::string picture_format_list();                                    // "JPEG, PNG, ... or netpbm"

struct ImageFacts {
  std::optional<PictureFormat> format;  // nullopt: pixels that a program had decoded
  std::string pixel_format;             // as stored, e.g. "8-bit YCbCr 4:2:0, progressive", "16-bit grey"
  int exif_orientation = 0;             // 1..8; 0 when the file has none
  bool orientation_applied = false;
  bool is_opaque = false;             // known to have neither an alpha channel nor a transparent colour
  std::vector<std::string> warnings;  // one sentence each, for the user
};

// Owns width*height*3 bytes, rows top to bottom without gaps, R G B. Move-only.
class Image {
 public:
  Image() = default;
  // The pixels are uninitialised. kLimit when a side is outside 1..kMaxSide or the memory cannot be allocated.
  [[nodiscard]] static Result<Image> make(Size size);

  [[nodiscard]] Size size() const noexcept { return size_; }
  [[nodiscard]] std::int64_t width() const noexcept { return size_.width; }
  [[nodiscard]] std::int64_t height() const noexcept { return size_.height; }
  [[nodiscard]] std::int64_t row_bytes() const noexcept { return size_.width * 3; }
  [[nodiscard]] std::uint8_t* row(std::int64_t y) noexcept { return pixels_.get() + y * row_bytes(); }
  [[nodiscard]] const std::uint8_t* row(std::int64_t y) const noexcept { return pixels_.get() + y * row_bytes(); }
  [[nodiscard]] std::span<const std::uint8_t> pixels() const noexcept {
    return {pixels_.get(), static_cast<std::size_t>(size_.height * row_bytes())};
  }
  void fill(std::uint8_t value) noexcept;

  // About the file; all members have their defaults when the picture does not come from a file.
  [[nodiscard]] ImageFacts& facts() noexcept { return facts_; }
  [[nodiscard]] const ImageFacts& facts() const noexcept { return facts_; }

 private:
  Size size_;
  std::unique_ptr<std::uint8_t[]> pixels_;
  ImageFacts facts_;
};

// The picture, turned and mirrored so that one with this EXIF orientation (1..8) is upright; other values give a copy.
[[nodiscard]] Result<Image> upright(const Image& image, int exif_orientation);

}  // namespace kite
