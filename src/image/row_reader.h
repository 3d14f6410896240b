// SPDX-License-Identifier: Apache-2.0
// A picture that is decoded one row at a time, so that a consumer need not wait for all of it or hold all
// of it in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "image/decode.h"
#include "image/image.h"

namespace kite {

class RowReader {
 public:
  RowReader() = default;
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;
  virtual ~RowReader() = default;

  // The next row from the top: size().width * 3 bytes. At most size().height calls; none after an Error.
  [[nodiscard]] virtual Status read_row(std::uint8_t* rgb) = 0;

  [[nodiscard]] Size size() const noexcept { return size_; }
  // Complete only after the last row, because damage is found while rows are read.
  [[nodiscard]] const ImageFacts& facts() const noexcept { return facts_; }
  [[nodiscard]] ImageFacts& facts() noexcept { return facts_; }

 protected:
  Size size_;
  ImageFacts facts_;
};

// Opens any picture; the rows are those of decode(). A picture whose format cannot be read by rows, or that has to be
// turned, is decoded completely first.
[[nodiscard]] Result<std::unique_ptr<RowReader>> open_picture(std::span<const std::byte> bytes, const Limits& limits,
                                                              ExifPolicy exif);

// The same rows, turned as facts().exif_orientation says where `exif` applies it; else a warning says that they are
// not.
[[nodiscard]] Result<std::unique_ptr<RowReader>> oriented(std::unique_ptr<RowReader> reader, ExifPolicy exif);

// The rows of a picture that is in memory.
[[nodiscard]] std::unique_ptr<RowReader> rows_of(Image image);

// All rows that are left, and what is known about them.
[[nodiscard]] Result<Image> read_all_rows(RowReader& reader);

// kLimit when width x height exceeds the limits, kInvalidImage when a side is 0.
[[nodiscard]] Status check_picture_size(Size size, const Limits& limits);

// The error for files that end early, with Pillow's words.
[[nodiscard]] Error truncated_picture(PictureFormat format, std::size_t size_bytes);
// kInvalidImage: "a damaged BMP: <what>".
[[nodiscard]] Error damaged_picture(PictureFormat format, std::string_view what);
// kUnsupportedImage: "a TIFF with <what> is not supported". Pillow reads the variant, so the remedy converts with it.
[[nodiscard]] Error unsupported_variant(PictureFormat format, std::string_view what);
// kUnsupportedImage, of what Pillow refuses, too, or gives other numbers for than the file has.
[[nodiscard]] Error unsupported_everywhere(PictureFormat format, std::string_view what);

// A command that makes a PNG with the same pixels. Converting to a format with losses would change the answer.
inline constexpr std::string_view kConvertWithPillow =
    "convert it, with the same pixels: python3 -c \"from PIL import Image; "
    "Image.open('IN').convert('RGB').save('OUT.png')\"";

}  // namespace kite
