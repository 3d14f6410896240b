// SPDX-License-Identifier: Apache-2.0
// The first page of a TIFF. Strips and tiles are put together to rows as they are stored, a band at a time, and rows
// become RGB as Pillow's modes do.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "image/formats/codec.h"
#include "image/formats/jpeg.h"
#include "image/formats/tiff_codecs.h"
#include "image/formats/tiff_directory.h"
#include "image/formats/tiff_samples.h"
#include "paperkite/try.h"

namespace kite {
namespace {

enum TiffCompression : std::uint64_t {
  kNone = 1,
  kLzw = 5,
  kJpegInTiff = 7,
  kAdobeDeflate = 8,
  kPackBits = 32773,
  kDeflate = 32946
};

std::string_view compression_name(std::uint64_t number) {
  switch (number) {
    case kNone: return "";
    case 2: return "CCITT run lengths";
    case 3: return "CCITT Group 3";
    case 4: return "CCITT Group 4";
    case kLzw: return "LZW";
    case 6: return "old-style JPEG";
    case kJpegInTiff: return "JPEG";
    case kAdobeDeflate:
    case kDeflate: return "Deflate";
    case kPackBits: return "PackBits";
    case 32809: return "ThunderScan";
    case 34676:
    case 34677: return "SGI LogLuv";
    case 34712: return "JPEG 2000";
    case 34887: return "LERC";
    case 34925: return "LZMA";
    case 50000: return "Zstandard";
    case 50001: return "WebP";
    case 50002: return "JPEG XL";
    default: return "unknown";
  }
}

// The most bytes that one byte of compressed data can become; 0 for a compression that is not read.
std::int64_t most_per_byte(std::uint64_t compression) {
  switch (compression) {
    case kNone: return 1;
    case kPackBits: return 64;      // 2 bytes give 128
    case kLzw: return 4096;         // a code of at least 9 bits gives at most 4096 - 257 bytes
    case kJpegInTiff: return 4096;  // 2 bits for each of the 6 blocks of 256 pixels, with room for progressive files
    case kAdobeDeflate:
    case kDeflate: return 1032;
    default: return 0;
  }
}

// A piece of the picture that is compressed on its own: a strip or a tile.
struct BlockGrid {
  std::int64_t width = 0;  // of a block; a strip is as wide as the picture
  std::int64_t height = 0;
  std::int64_t across = 1;
  std::int64_t down = 1;
  TiffValues offsets;
  TiffValues byte_counts;
  bool tiled = false;
};

class TiffReader final : public RowReader {
 public:
  explicit TiffReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Status open(const DecodeLimits& limits);
  Status read_row(std::uint8_t* rgb) override;

 private:
  Status check_combination() const;
  [[nodiscard]] bool reads_planes_wrong() const;
  Status find_blocks();
  Status check_blocks(const DecodeLimits& limits);
  Status read_band();
  Status read_block(std::int64_t column, std::int64_t plane, std::int64_t rows);
  Result<std::span<const std::byte>> stored_block(std::int64_t index) const;
  Status unpack(std::span<const std::byte> stored, std::int64_t rows);
  Status unpack_jpeg(std::span<const std::byte> stored, std::int64_t rows);
  void place(std::int64_t column, std::int64_t plane, std::int64_t rows);
  void describe();

  [[nodiscard]] std::int64_t row_bytes(std::int64_t pixels, std::int64_t samples) const noexcept {
    return (pixels * samples * samples_.bits + 7) / 8;
  }
  [[nodiscard]] std::int64_t block_samples() const noexcept { return planar_ ? 1 : samples_.per_pixel; }
  [[nodiscard]] std::int64_t planes() const noexcept { return planar_ ? samples_.per_pixel : 1; }
  [[nodiscard]] static Error damaged(std::string_view what) { return damaged_picture(PictureFormat::kTiff, what); }

  std::span<const std::byte> bytes_;
  TiffDirectory directory_;
  TiffSamples samples_;
  DecodeLimits limits_;
  std::uint64_t compression_ = kNone;
  bool states_planes_ = false;
  bool planar_ = false;  // each sample has blocks of its own
  bool reversed_bits_ = false;
  int predictor_ = 1;
  BlockGrid grid_;
  std::vector<std::byte> block_;  // one unpacked block
  std::vector<std::byte> band_;   // rows as they would be stored without blocks and planes
  std::int64_t next_row_ = 0;
};

Status TiffReader::check_combination() const {
  const bool differences = compression_ == kLzw || compression_ == kAdobeDeflate || compression_ == kDeflate;
  if (differences && predictor_ != 1 && !(predictor_ == 2 && samples_.bits >= 8 && samples_.bits != 12)) {
    return unsupported_variant(PictureFormat::kTiff, "predictor " + std::to_string(predictor_) + " of " +
                                                         std::to_string(samples_.bits) + "-bit samples");
  }
  if (compression_ == kJpegInTiff && samples_.bits != 8) {
    return unsupported_variant(PictureFormat::kTiff, "JPEG data of " + std::to_string(samples_.bits) + " bits");
  }
  if (samples_.is_ycbcr && (compression_ != kJpegInTiff || planar_)) {
    return unsupported_variant(PictureFormat::kTiff, "YCbCr that is not JPEG data");
  }
  // Pillow reads these, but gives other numbers than the file has.
  const bool big_numbers = directory_.order() == ByteOrder::kBig && (samples_.bits == 32 || samples_.is_signed);
  if (compression_ != kNone && big_numbers && samples_.bits > 8) {
    return unsupported_everywhere(PictureFormat::kTiff, "compressed big-endian numbers of this kind");
  }
  const bool turns_bits = compression_ == kNone && reversed_bits_;
  const bool is_small_palette = samples_.colours == TiffColours::kPalette && samples_.bits < 8;
  if (turns_bits && (is_small_palette || (samples_.is_inverted && samples_.bits == 8))) {
    return unsupported_everywhere(PictureFormat::kTiff, "these samples in reversed bits");
  }
  if (reads_planes_wrong()) {
    return unsupported_everywhere(PictureFormat::kTiff, "these samples in separate planes");
  }
  return {};
}

// Pillow itself reads planes that are not compressed, libtiff the others; neither can do all kinds.
bool TiffReader::reads_planes_wrong() const {
  if (!planar_) return false;
  if (samples_.bits < 8 || samples_.per_pixel > 4) return true;
  if (compression_ != kNone) return false;
  const bool has_two = samples_.per_pixel == 2;
  const bool undeclared_alpha_in_tiles = samples_.has_undeclared_alpha && !directory_.has(TiffTag::kStripOffsets);
  return samples_.bits > 8 || has_two || samples_.is_premultiplied || undeclared_alpha_in_tiles;
}

Status TiffReader::find_blocks() {
  // As in Pillow: of a file with both, libtiff reads the tiles and Pillow itself the strips.
  grid_.tiled = compression_ == kNone ? !directory_.has(TiffTag::kStripOffsets) : directory_.has(TiffTag::kTileWidth);
  grid_.offsets = directory_.values(grid_.tiled ? TiffTag::kTileOffsets : TiffTag::kStripOffsets);
  grid_.byte_counts = directory_.values(grid_.tiled ? TiffTag::kTileByteCounts : TiffTag::kStripByteCounts);
  if (grid_.offsets.count() == 0) return damaged("it does not say where its pixels are");
  const auto side = [&](TiffTag tag, std::int64_t otherwise) {
    const std::uint64_t value = directory_.number(tag).value_or(static_cast<std::uint64_t>(otherwise));
    return static_cast<std::int64_t>(std::min<std::uint64_t>(value, kMaxSide));
  };
  if (grid_.tiled) {
    grid_.width = side(TiffTag::kTileWidth, 0);
    grid_.height = side(TiffTag::kTileHeight, 0);
  } else {
    grid_.width = size_.width;
    grid_.height = std::min(side(TiffTag::kRowsPerStrip, size_.height), size_.height);
  }
  if (grid_.width < 1 || grid_.height < 1) return damaged("its strips or tiles have no pixels");
  grid_.across = (size_.width + grid_.width - 1) / grid_.width;
  grid_.down = (size_.height + grid_.height - 1) / grid_.height;
  return {};
}

Status TiffReader::check_blocks(const DecodeLimits& limits) {
  // Tiles may reach beyond the picture, but not so far that decoding them is most of the work.
  const Checked band = Checked(grid_.across) * grid_.width * grid_.height;
  const Checked band_bytes = band * (samples_.per_pixel * samples_.bits / 8 + 1);
  if (!(band * grid_.down).at_most(2 * limits.max_pixels) || !band_bytes.at_most(limits.max_codec_bytes)) {
    return Error{ErrorCode::kLimit, "a TIFF whose strips or tiles are too large", "header",
                 "save it in smaller strips"};
  }
  if (grid_.tiled && grid_.across > 1 && grid_.width * samples_.bits % 8 != 0) {
    return unsupported_variant(PictureFormat::kTiff, "tiles that end inside a byte");
  }
  const auto needed = static_cast<std::size_t>(grid_.across * grid_.down * planes());
  const bool only_last = compression_ == kNone && needed == 1 && !states_planes_;  // as in Pillow
  if (grid_.offsets.count() < needed || (compression_ == kNone && !only_last && grid_.offsets.count() > needed)) {
    return damaged("it has " + std::to_string(grid_.offsets.count()) + " strips or tiles instead of " +
                   std::to_string(needed));
  }
  // Each block of JPEG data starts a decoder. A picture of the largest size in tiles of 64 x 64 has 43,690.
  constexpr std::size_t kMostJpegBlocks = 65536;
  if (compression_ == kJpegInTiff && needed > kMostJpegBlocks) {
    return Error{ErrorCode::kLimit, "a TIFF of more than " + std::to_string(kMostJpegBlocks) + " pieces of JPEG data",
                 "header", "save it in larger strips or tiles"};
  }
  if (compression_ != kNone && grid_.byte_counts.count() < needed && needed > 1) {
    return damaged("it does not say how long its strips or tiles are");
  }
  return {};
}

void TiffReader::describe() {
  facts_.format = PictureFormat::kTiff;
  facts_.pixel_format = samples_.name;
  if (compression_ != kNone) facts_.pixel_format += ", " + std::string(compression_name(compression_));
  facts_.is_opaque = !samples_.has_alpha;
  if (samples_.saturates) {
    facts_.warnings.emplace_back("grey of more than 8 bits saturates at 255, as in Pillow: such a picture turns white");
  }
  if (directory_.has_more_pages()) facts_.warnings.emplace_back("the first of several pages is used");
}

Status TiffReader::open(const DecodeLimits& limits) {
  limits_ = limits;
  KITE_TRY_ASSIGN(directory_, TiffDirectory::read(bytes_));
  const auto width = directory_.number(TiffTag::kWidth);
  const auto height = directory_.number(TiffTag::kHeight);
  if (!width || !height) return damaged("it does not state its size");
  constexpr std::uint64_t kMost = std::uint64_t{1} << 32;
  size_ = {static_cast<std::int64_t>(std::min(*width, kMost)), static_cast<std::int64_t>(std::min(*height, kMost))};
  KITE_TRY(check_picture_size(size_, limits));
  compression_ = directory_.number(TiffTag::kCompression).value_or(kNone);
  states_planes_ = directory_.number(TiffTag::kPlanarConfiguration).value_or(1) == 2;
  reversed_bits_ = directory_.number(TiffTag::kFillOrder).value_or(1) == 2 && compression_ != kJpegInTiff;
  // libtiff alone reads this one, and accepts bytes for a number.
  const TiffValues predictor = directory_.values(TiffTag::kPredictor);
  predictor_ = predictor.count() > 0 ? static_cast<int>(std::min<std::uint64_t>(predictor.at(0), 99)) : 1;
  if (most_per_byte(compression_) == 0) {
    const std::string what =
        std::string(compression_name(compression_)) + " compression (" + std::to_string(compression_) + ")";
    const bool is_unknown_to_pillow = compression_name(compression_) == "unknown" || compression_ == 34712 ||
                                      compression_ == 34887 || compression_ == 50002;
    return is_unknown_to_pillow ? unsupported_everywhere(PictureFormat::kTiff, what)
                                : unsupported_variant(PictureFormat::kTiff, what);
  }
  for (const TiffTag tag :
       {TiffTag::kWidth, TiffTag::kHeight, TiffTag::kCompression, TiffTag::kSamplesPerPixel, TiffTag::kRowsPerStrip,
        TiffTag::kPlanarConfiguration, TiffTag::kTileWidth, TiffTag::kTileHeight}) {
    // libtiff refuses these, Pillow takes the first number.
    if (compression_ != kNone && !directory_.is_at_most_one(tag)) {
      return damaged("tag " + std::to_string(static_cast<int>(tag)) + " is not one number");
    }
  }
  KITE_TRY_ASSIGN(samples_, tiff_samples(directory_));
  planar_ = states_planes_ && samples_.per_pixel > 1;
  // libtiff takes an alpha that is not declared for one that the colours are multiplied with.
  if (planar_ && compression_ != kNone && samples_.has_undeclared_alpha) samples_.is_premultiplied = true;
  KITE_TRY(check_combination());
  KITE_TRY(find_blocks());
  KITE_TRY(check_blocks(limits));
  describe();
  return {};
}

Result<std::span<const std::byte>> TiffReader::stored_block(std::int64_t index) const {
  auto at = static_cast<std::size_t>(index);
  const bool is_only = grid_.across * grid_.down * planes() == 1;
  if (compression_ == kNone && is_only) at = grid_.offsets.count() - 1;
  const std::uint64_t offset = grid_.offsets.at(at);
  if (offset >= bytes_.size()) return truncated_picture(PictureFormat::kTiff, bytes_.size());
  const auto rest = bytes_.subspan(offset);
  // Pillow does not look at the length of data that is not compressed.
  if (compression_ == kNone || grid_.byte_counts.count() <= at) return rest;
  const std::uint64_t size = grid_.byte_counts.at(at);
  if (size > rest.size()) return truncated_picture(PictureFormat::kTiff, bytes_.size());
  return rest.first(size);
}

// One JPEG stream out of the tables that all blocks share and the block's own data. Each is a stream with a start and
// an end, of which the inner ones go.
std::vector<std::byte> joined_jpeg(std::span<const std::byte> tables, std::span<const std::byte> data) {
  constexpr std::string_view kStart = "\xff\xd8";
  constexpr std::string_view kEnd = "\xff\xd9";
  if (as_text(tables).ends_with(kEnd)) tables = tables.first(tables.size() - 2);
  if (!as_text(tables).starts_with(kStart)) return {data.begin(), data.end()};
  if (as_text(data).starts_with(kStart)) data = data.subspan(2);
  std::vector<std::byte> joined(tables.begin(), tables.end());
  joined.insert(joined.end(), data.begin(), data.end());
  return joined;
}

Status TiffReader::unpack_jpeg(std::span<const std::byte> stored, std::int64_t rows) {
  const std::vector<std::byte> stream = joined_jpeg(directory_.values(TiffTag::kJpegTables).bytes(), stored);
  DecodeLimits limits = limits_;
  // The whole picture may take this much work, and a block its share.
  limits.max_scan_pixels = limits_.max_scan_pixels / (grid_.across * grid_.down);
  limits.max_pixels = grid_.width * grid_.height;
  const auto colours = samples_.is_ycbcr ? JpegColours::kFromYCbCr : JpegColours::kComponents;
  KITE_TRY_ASSIGN(const auto reader, open_jpeg_data(stream, limits, colours, static_cast<int>(block_samples())));
  if (reader->size().width != grid_.width || reader->size().height < rows) {
    return damaged("the JPEG data of a strip or tile has another size");
  }
  const std::int64_t size = row_bytes(grid_.width, block_samples());
  for (std::int64_t y = 0; y < rows; ++y) {
    KITE_TRY(reader->read_row(reinterpret_cast<std::uint8_t*>(block_.data() + y * size)));
  }
  if (!reader->facts().warnings.empty() && facts_.warnings.size() < 4) {
    facts_.warnings.push_back(reader->facts().warnings.front());
  }
  return {};
}

Status TiffReader::unpack(std::span<const std::byte> stored, std::int64_t rows) {
  const std::int64_t size = row_bytes(grid_.width, block_samples());
  if (static_cast<std::int64_t>(stored.size()) < size * rows / most_per_byte(compression_)) {
    return truncated_picture(PictureFormat::kTiff, bytes_.size());
  }
  block_.resize(static_cast<std::size_t>(size * rows));
  if (compression_ == kJpegInTiff) return unpack_jpeg(stored, rows);
  std::vector<std::byte> turned;
  if (reversed_bits_) {
    turned.assign(stored.begin(), stored.end());
    reverse_bits(turned);
    stored = turned;
  }
  bool complete = false;
  switch (compression_) {
    case kLzw:
      if (is_old_lzw(stored)) return unsupported_variant(PictureFormat::kTiff, "LZW of before 1989");
      complete = unpack_lzw(stored, block_);
      break;
    case kPackBits: complete = unpack_packbits(stored, block_); break;
    default: complete = unpack_deflate(stored, block_); break;
  }
  if (!complete) {
    return damaged(std::string(compression_name(compression_)) + " data is wrong or ends before the last pixel");
  }
  if (predictor_ == 2 && compression_ != kPackBits) {
    for (std::int64_t y = 0; y < rows; ++y) {
      add_differences(std::span(block_).subspan(static_cast<std::size_t>(y * size), static_cast<std::size_t>(size)),
                      static_cast<std::size_t>(block_samples()), samples_.bits, directory_.order());
    }
  }
  return {};
}

// Puts the first `rows` rows of block_ into the band.
void TiffReader::place(std::int64_t column, std::int64_t plane, std::int64_t rows) {
  const std::int64_t first = column * grid_.width;
  const std::int64_t pixels = std::min(grid_.width, size_.width - first);
  const std::int64_t from_bytes = row_bytes(grid_.width, block_samples());
  const std::int64_t to_bytes = row_bytes(size_.width, samples_.per_pixel);
  for (std::int64_t y = 0; y < rows; ++y) {
    const std::byte* from = block_.data() + y * from_bytes;
    std::byte* to = band_.data() + y * to_bytes + first * samples_.per_pixel * samples_.bits / 8;
    if (!planar_) {
      std::memcpy(to, from, static_cast<std::size_t>(row_bytes(pixels, samples_.per_pixel)));
      continue;
    }
    const std::int64_t sample = samples_.bits / 8;
    for (std::int64_t x = 0; x < pixels; ++x) {
      std::memcpy(to + (x * samples_.per_pixel + plane) * sample, from + x * sample, static_cast<std::size_t>(sample));
    }
  }
}

Status TiffReader::read_block(std::int64_t column, std::int64_t plane, std::int64_t rows) {
  const std::int64_t row = next_row_ / grid_.height;
  const std::int64_t index = (plane * grid_.down + row) * grid_.across + column;
  KITE_TRY_ASSIGN(auto stored, stored_block(index));
  if (compression_ != kNone) {
    KITE_TRY(unpack(stored, grid_.tiled ? grid_.height : rows));
  } else {
    const std::int64_t pixels = std::min(grid_.width, size_.width - column * grid_.width);
    const std::int64_t size = row_bytes(grid_.width, block_samples());
    const std::int64_t needed = (rows - 1) * size + row_bytes(pixels, block_samples());
    if (static_cast<std::int64_t>(stored.size()) < needed) {
      return truncated_picture(PictureFormat::kTiff, bytes_.size());
    }
    stored = stored.first(static_cast<std::size_t>(needed));
    block_.assign(stored.begin(), stored.end());
    if (reversed_bits_) reverse_bits(block_);
  }
  if (!grid_.tiled && !planar_) {  // a strip is a band
    std::swap(band_, block_);
    return {};
  }
  const auto band_bytes = static_cast<std::size_t>(row_bytes(size_.width, samples_.per_pixel) * rows);
  if (band_.size() < band_bytes) band_.resize(band_bytes);  // not before a block was there
  place(column, plane, rows);
  return {};
}

Status TiffReader::read_band() {
  const std::int64_t rows = std::min(grid_.height, size_.height - next_row_);
  for (std::int64_t plane = 0; plane < planes(); ++plane) {
    for (std::int64_t column = 0; column < grid_.across; ++column) KITE_TRY(read_block(column, plane, rows));
  }
  return {};
}

Status TiffReader::read_row(std::uint8_t* rgb) {
  const std::int64_t in_band = next_row_ % grid_.height;
  if (in_band == 0) KITE_TRY(read_band());
  ++next_row_;
  samples_.to_rgb(band_.data() + in_band * row_bytes(size_.width, samples_.per_pixel), rgb, size_.width);
  return {};
}

Result<std::unique_ptr<RowReader>> open_tiff(std::span<const std::byte> bytes, const DecodeLimits& limits) {
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

// 42, or 43 for BigTIFF; some writers swap its two bytes, and Pillow accepts that of 42.
bool is_tiff(std::string_view head) {
  constexpr std::array<std::string_view, 6> kStarts = {std::string_view("II*\0", 4), std::string_view("MM\0*", 4),
                                                       std::string_view("MM*\0", 4), std::string_view("II\0*", 4),
                                                       std::string_view("II+\0", 4), std::string_view("MM\0+", 4)};
  return std::ranges::any_of(kStarts, [&](std::string_view start) { return head.starts_with(start); });
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
