// SPDX-License-Identifier: Apache-2.0
// The first page of a TIFF: which combinations of storage and samples Pillow reads right.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "image/formats/codec.h"
#include "image/formats/tiff_blocks.h"
#include "image/formats/tiff_directory.h"
#include "image/formats/tiff_samples.h"
#include "paperkite/try.h"

namespace kite {
namespace {

class TiffReader final : public RowReader {
 public:
  explicit TiffReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Status open(const Limits& limits);
  Status read_row(std::uint8_t* rgb) override;

 private:
  Status read_storage(const Limits& limits);
  [[nodiscard]] Status check_tags() const;
  [[nodiscard]] Status check_combination() const;
  [[nodiscard]] bool reads_planes_wrong() const;
  void describe();

  std::span<const std::byte> bytes_;
  TiffDirectory directory_;
  TiffStorage storage_;
  TiffSamples samples_;
  TiffBlocks blocks_;
  std::int64_t rows_read_ = 0;
};

Status TiffReader::check_combination() const {
  const bool differences = storage_.compression == kTiffLzw || storage_.compression == kTiffAdobeDeflate ||
                           storage_.compression == kTiffDeflate;
  if (differences && storage_.predictor != 1 &&
      !(storage_.predictor == 2 && samples_.bits >= 8 && samples_.bits != 12)) {
    return unsupported_variant(PictureFormat::kTiff, "predictor " + std::to_string(storage_.predictor) + " of " +
                                                         std::to_string(samples_.bits) + "-bit samples");
  }
  if (storage_.compression == kTiffJpeg && samples_.bits != 8) {
    return unsupported_variant(PictureFormat::kTiff, "JPEG data of " + std::to_string(samples_.bits) + " bits");
  }
  if (samples_.is_ycbcr && (storage_.compression != kTiffJpeg || storage_.planar)) {
    return unsupported_variant(PictureFormat::kTiff, "YCbCr that is not JPEG data");
  }
  // Pillow reads these, but gives other numbers than the file has.
  const bool big_numbers = directory_.order() == ByteOrder::kBig && (samples_.bits == 32 || samples_.is_signed);
  if (storage_.compression != kTiffNone && big_numbers && samples_.bits > 8) {
    return unsupported_everywhere(PictureFormat::kTiff, "compressed big-endian numbers of this kind");
  }
  const bool turns_bits = storage_.compression == kTiffNone && storage_.reversed_bits;
  const bool is_small_palette = samples_.colours == TiffColours::kPalette && samples_.bits < 8;
  if (turns_bits && (is_small_palette || (samples_.is_inverted && samples_.bits == 8))) {
    return unsupported_everywhere(PictureFormat::kTiff, "these samples in reversed bits");
  }
  if (reads_planes_wrong()) {
    return unsupported_everywhere(PictureFormat::kTiff, "these samples in separate planes");
  }
  return {};
}

// Pillow itself reads planes that are not compressed, libtiff the others; neither can do all kinds. Of a single plane,
// Pillow forgets all that its samples have besides their colour: that 0 is white, the order of bits, their number.
bool TiffReader::reads_planes_wrong() const {
  const bool is_plain = samples_.bits == 8 || (samples_.bits == 1 && samples_.colours == TiffColours::kGrey);
  if (storage_.states_planes && storage_.compression == kTiffNone &&
      (storage_.reversed_bits || samples_.is_inverted || !is_plain)) {
    return true;
  }
  if (!storage_.planar) return false;
  if (samples_.bits < 8 || samples_.per_pixel > 4) return true;
  if (storage_.compression != kTiffNone) return false;
  const bool has_two = samples_.per_pixel == 2;
  const bool undeclared_alpha_in_tiles = samples_.has_undeclared_alpha && !directory_.has(TiffTag::kStripOffsets);
  return has_two || samples_.is_premultiplied || undeclared_alpha_in_tiles;
}

void TiffReader::describe() {
  facts_.format = PictureFormat::kTiff;
  facts_.pixel_format = samples_.name;
  if (storage_.compression != kTiffNone)
    facts_.pixel_format += ", " + std::string(tiff_compression_name(storage_.compression));
  facts_.is_opaque = !samples_.has_alpha;
  if (samples_.saturates) {
    facts_.warnings.emplace_back("grey of more than 8 bits saturates at 255, as in Pillow: such a picture turns white");
  }
  if (directory_.has_more_pages()) facts_.warnings.emplace_back("the first of several pages is used");
}

Status TiffReader::read_storage(const Limits& limits) {
  const auto width = directory_.number(TiffTag::kWidth);
  const auto height = directory_.number(TiffTag::kHeight);
  if (!width || !height) return damaged_picture(PictureFormat::kTiff, "it does not state its size");
  constexpr std::uint64_t kMost = std::uint64_t{1} << 32;
  size_ = {static_cast<std::int64_t>(std::min(*width, kMost)), static_cast<std::int64_t>(std::min(*height, kMost))};
  KITE_TRY(check_picture_size(size_, limits));
  storage_.size = size_;
  storage_.compression = directory_.number(TiffTag::kCompression).value_or(kTiffNone);
  storage_.states_planes = directory_.number(TiffTag::kPlanarConfiguration).value_or(1) == 2;
  storage_.reversed_bits = directory_.number(TiffTag::kFillOrder).value_or(1) == 2 && storage_.compression != kTiffJpeg;
  storage_.predictor =
      static_cast<int>(std::min<std::uint64_t>(directory_.number(TiffTag::kPredictor).value_or(1), 99));
  return {};
}

Status TiffReader::check_tags() const {
  const std::uint64_t number = storage_.compression;
  const std::string_view name = tiff_compression_name(number);
  if (!reads_tiff_compression(number)) {
    const std::string what = std::string(name) + " compression (" + std::to_string(number) + ")";
    const bool is_unknown_to_pillow = name == "unknown" || number == 34712 || number == 34887 || number == 50002;
    return is_unknown_to_pillow ? unsupported_everywhere(PictureFormat::kTiff, what)
                                : unsupported_variant(PictureFormat::kTiff, what);
  }
  // One that is there and unusable must not count as absent.
  for (const TiffTag tag :
       {TiffTag::kWidth, TiffTag::kHeight, TiffTag::kBitsPerSample, TiffTag::kCompression, TiffTag::kPhotometric,
        TiffTag::kFillOrder, TiffTag::kStripOffsets, TiffTag::kSamplesPerPixel, TiffTag::kRowsPerStrip,
        TiffTag::kPlanarConfiguration, TiffTag::kColourMap, TiffTag::kTileWidth, TiffTag::kTileHeight,
        TiffTag::kTileOffsets, TiffTag::kExtraSamples, TiffTag::kSampleFormat}) {
    if (!directory_.is_absent_or_numbers(tag)) {
      return damaged_picture(PictureFormat::kTiff,
                             "tag " + std::to_string(static_cast<int>(tag)) + " has no whole numbers");
    }
  }
  if (number == kTiffNone) return {};
  if (directory_.has(TiffTag::kStripOffsets) && directory_.has(TiffTag::kTileOffsets)) {
    return damaged_picture(PictureFormat::kTiff, "it has strips as well as tiles");
  }
  // libtiff refuses or ignores these, Pillow takes the first number.
  for (const TiffTag tag :
       {TiffTag::kWidth, TiffTag::kHeight, TiffTag::kCompression, TiffTag::kPhotometric, TiffTag::kFillOrder,
        TiffTag::kSamplesPerPixel, TiffTag::kRowsPerStrip, TiffTag::kPlanarConfiguration, TiffTag::kPredictor,
        TiffTag::kTileWidth, TiffTag::kTileHeight}) {
    if (!directory_.is_at_most_one(tag)) {
      return damaged_picture(PictureFormat::kTiff,
                             "tag " + std::to_string(static_cast<int>(tag)) + " is not one number");
    }
  }
  return {};
}

Status TiffReader::open(const Limits& limits) {
  KITE_TRY_ASSIGN(directory_, TiffDirectory::read(bytes_));
  KITE_TRY(read_storage(limits));
  KITE_TRY(check_tags());
  KITE_TRY_ASSIGN(samples_, tiff_samples(directory_));
  storage_.planar = storage_.states_planes && samples_.per_pixel > 1;
  // libtiff takes an alpha that is not declared for one that the colours are multiplied with.
  if (storage_.planar && storage_.compression != kTiffNone && samples_.has_undeclared_alpha) {
    samples_.is_premultiplied = true;
  }
  KITE_TRY(check_combination());
  KITE_TRY(blocks_.open(bytes_, directory_, storage_, samples_, limits));
  describe();
  return {};
}

Status TiffReader::read_row(std::uint8_t* rgb) {
  KITE_TRY_ASSIGN(const std::byte* row, blocks_.next_row());
  samples_.to_rgb(row, rgb, size_.width);
  if (++rows_read_ == size_.height) {
    facts_.warnings.insert(facts_.warnings.end(), blocks_.warnings().begin(), blocks_.warnings().end());
  }
  return {};
}

Result<std::unique_ptr<RowReader>> open_tiff(std::span<const std::byte> bytes, const Limits& limits) {
  auto reader = std::make_unique<TiffReader>(bytes);
  KITE_TRY(reader->open(limits));
  return std::unique_ptr<RowReader>(std::move(reader));
}

// The file is laid out as EXIF data is.
PictureMetadata find_tiff_metadata(std::span<const std::byte> bytes) {
  PictureMetadata found;
  found.exif = bytes;
  const auto directory = TiffDirectory::read(bytes);
  if (directory.ok()) found.xmp = directory->values(TiffTag::kXmp).bytes();
  return found;
}

}  // namespace

constinit const PictureCodec kTiffCodec = {
    .recognises = is_tiff,
    .open = open_tiff,
    .find_metadata = find_tiff_metadata,
    .extensions = ".tif .tiff",
    .orienting = Orienting::kAlways,
};

}  // namespace kite
