// SPDX-License-Identifier: Apache-2.0
// Chooses the codec, moves its rows into an Image, and deals with the EXIF orientation.
#include "image/decode.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/checked.h"
#include "image/exif.h"
#include "image/formats/codec.h"
#include "image/row_reader.h"
#include "image/sniff.h"
#include "paperkite/try.h"

namespace kite {

Status check_picture_size(Size size, const Limits& limits) {
  const std::string dims = std::to_string(size.width) + "x" + std::to_string(size.height);
  if (size.width < 1 || size.height < 1) {
    return Error{ErrorCode::kInvalidImage, "the picture has no pixels (" + dims + ")", "", ""};
  }
  if (!(Checked(size.width) * size.height).at_most(limits[Limit::kPixels])) {
    return limits.over(Limit::kPixels, "a picture of " + dims, "header",
                       "scale it down first if it is not a decompression bomb");
  }
  if (size.width > kMaxSide || size.height > kMaxSide) {
    return Error{ErrorCode::kLimit, "a picture of " + dims + " has a side over " + std::to_string(kMaxSide) + " pixels",
                 "header", ""};
  }
  return {};
}

Error truncated_picture(PictureFormat format, std::size_t size_bytes) {
  return {
      ErrorCode::kInvalidImage,
      "image file is truncated: the " + std::string(picture_format_name(format)) + " data ends before the last pixel",
      "byte " + std::to_string(size_bytes), "fetch or save the file again"};
}

Error damaged_picture(PictureFormat format, std::string_view what) {
  return {ErrorCode::kInvalidImage,
          "a damaged " + std::string(picture_format_name(format)) + " file: " + std::string(what), "",
          "fetch or save the file again"};
}

Error unsupported_variant(PictureFormat format, std::string_view what) {
  return {ErrorCode::kUnsupportedImage,
          std::string(picture_format_name(format)) + " with " + std::string(what) + " is not supported", "",
          std::string(kConvertWithPillow)};
}

Error unsupported_everywhere(PictureFormat format, std::string_view what) {
  return {ErrorCode::kUnsupportedImage,
          std::string(picture_format_name(format)) + " with " + std::string(what) +
              " is not supported, and Pillow does not read it right either",
          "", "save it again as PNG with the program that wrote it"};
}

namespace {

// Reads the rows of a picture that is in memory.
class ImageRows final : public RowReader {
 public:
  explicit ImageRows(Image image) : image_(std::move(image)) {
    size_ = image_.size();
    facts_ = image_.facts();
  }
  Status read_row(std::uint8_t* rgb) override {
    std::memcpy(rgb, image_.row(next_++), static_cast<std::size_t>(image_.row_bytes()));
    return {};
  }

 private:
  Image image_;
  std::int64_t next_ = 0;
};

}  // namespace

std::unique_ptr<RowReader> rows_of(Image image) { return std::make_unique<ImageRows>(std::move(image)); }

Result<Image> read_all_rows(RowReader& reader) {
  KITE_TRY_ASSIGN(Image image, Image::make(reader.size()));
  for (std::int64_t y = 0; y < image.height(); ++y) KITE_TRY(reader.read_row(image.row(y)));
  image.facts() = reader.facts();
  return image;
}

Result<std::unique_ptr<RowReader>> open_picture(std::span<const std::byte> bytes, const Limits& limits,
                                                ExifPolicy exif) {
  KITE_TRY_ASSIGN(const PictureFormat format, sniff_format(bytes));
  const PictureCodec& codec = codec_of(format);
  KITE_TRY_ASSIGN(std::unique_ptr<RowReader> reader, codec.open(bytes, limits));
  ImageFacts& facts = reader->facts();
  facts.format = format;
  if (codec.find_metadata == nullptr) return reader;
  facts.exif_orientation = orientation_of(codec.find_metadata(bytes));
  return oriented(std::move(reader), codec.orienting == Orienting::kAlways ? ExifPolicy::kApply : exif);
}

Result<std::unique_ptr<RowReader>> oriented(std::unique_ptr<RowReader> reader, ExifPolicy exif) {
  ImageFacts& facts = reader->facts();
  if (facts.exif_orientation <= 1) return reader;
  if (exif == ExifPolicy::kApply) {
    KITE_TRY_ASSIGN(const Image stored, read_all_rows(*reader));
    KITE_TRY_ASSIGN(Image turned, upright(stored, stored.facts().exif_orientation));
    turned.facts().orientation_applied = true;
    return rows_of(std::move(turned));
  }
  facts.warnings.push_back("EXIF orientation " + std::to_string(facts.exif_orientation) +
                           " is not applied: the model gets the picture as stored, as with Pillow");
  return reader;
}

Result<Image> decode(std::span<const std::byte> bytes, const Limits& limits, ExifPolicy exif) {
  KITE_TRY_ASSIGN(const std::unique_ptr<RowReader> reader, open_picture(bytes, limits, exif));
  return read_all_rows(*reader);
}

}  // namespace kite
