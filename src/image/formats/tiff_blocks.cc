// SPDX-License-Identifier: Apache-2.0
// Strips and tiles: where they are, whether they can be as large as they say, and what is inside.
#include "image/formats/tiff_blocks.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/checked.h"
#include "image/formats/codec.h"
#include "image/formats/jpeg.h"
#include "image/formats/tiff_codecs.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// The most bytes that one byte of compressed data can become; 0 for a compression that is not read.
std::int64_t most_per_byte(std::uint64_t compression) {
  switch (compression) {
    case kTiffNone: return 1;
    case kTiffPackBits: return 64;  // 2 bytes give 128
    case kTiffLzw: return 4096;     // a code of at least 9 bits gives at most 4096 - 257 bytes
    case kTiffJpeg: return 4096;    // 2 bits for each of the 6 blocks of 256 pixels, with room for progressive files
    case kTiffAdobeDeflate:
    case kTiffDeflate: return 1032;
    default: return 0;
  }
}

// Every block of JPEG data is read with the tables that all share. Those of all kinds together have 2,760 bytes.
constexpr std::size_t kMostJpegTablesBytes = 16384;

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

Error damaged(std::string_view what) { return damaged_picture(PictureFormat::kTiff, what); }

}  // namespace

std::string_view tiff_compression_name(std::uint64_t number) {
  switch (number) {
    case kTiffNone: return "";
    case 2: return "CCITT run lengths";
    case 3: return "CCITT Group 3";
    case 4: return "CCITT Group 4";
    case kTiffLzw: return "LZW";
    case 6: return "old-style JPEG";
    case kTiffJpeg: return "JPEG";
    case kTiffAdobeDeflate:
    case kTiffDeflate: return "Deflate";
    case kTiffPackBits: return "PackBits";
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

bool reads_tiff_compression(std::uint64_t number) { return most_per_byte(number) != 0; }

Status TiffBlocks::find_blocks(const TiffDirectory& directory) {
  // As in Pillow: of a file with both, libtiff reads the tiles and Pillow itself the strips.
  grid_.tiled =
      storage_.compression == kTiffNone ? !directory.has(TiffTag::kStripOffsets) : directory.has(TiffTag::kTileWidth);
  grid_.offsets = directory.values(grid_.tiled ? TiffTag::kTileOffsets : TiffTag::kStripOffsets);
  grid_.byte_counts = directory.values(grid_.tiled ? TiffTag::kTileByteCounts : TiffTag::kStripByteCounts);
  if (grid_.offsets.count() == 0) return damaged("it does not say where its pixels are");
  const auto side = [&](TiffTag tag, std::int64_t otherwise) {
    const std::uint64_t value = directory.number(tag).value_or(static_cast<std::uint64_t>(otherwise));
    return static_cast<std::int64_t>(std::min<std::uint64_t>(value, kMaxSide));
  };
  if (grid_.tiled) {
    grid_.width = side(TiffTag::kTileWidth, 0);
    grid_.height = side(TiffTag::kTileHeight, 0);
  } else {
    grid_.width = storage_.size.width;
    grid_.height = std::min(side(TiffTag::kRowsPerStrip, storage_.size.height), storage_.size.height);
  }
  if (grid_.width < 1 || grid_.height < 1) return damaged("its strips or tiles have no pixels");
  grid_.across = (storage_.size.width + grid_.width - 1) / grid_.width;
  grid_.down = (storage_.size.height + grid_.height - 1) / grid_.height;
  return {};
}

Status TiffBlocks::check_blocks() const {
  // Tiles may reach beyond the picture, but not so far that decoding them is most of the work.
  const Checked band = Checked(grid_.across) * grid_.width * grid_.height;
  const Checked band_bytes = band * (per_pixel_ * bits_ / 8 + 1);
  if (!(band * grid_.down).at_most(2 * limits_[Limit::kPixels])) {
    return limits_.over(Limit::kPixels, "the TIFF, too large with its strips or tiles,", "header",
                        "save it in smaller strips");
  }
  if (!band_bytes.at_most(limits_[Limit::kCodecBytes])) {
    return limits_.over(Limit::kCodecBytes, "a row of strips or tiles of the TIFF", "header",
                        "save it in smaller strips");
  }
  if (grid_.tiled && grid_.across > 1 && grid_.width * bits_ % 8 != 0) {
    return unsupported_variant(PictureFormat::kTiff, "tiles that end inside a byte");
  }
  const auto needed = static_cast<std::size_t>(grid_.across * grid_.down * planes());
  const bool only_last = storage_.compression == kTiffNone && needed == 1 && !storage_.states_planes;  // as in Pillow
  if (grid_.offsets.count() < needed ||
      (storage_.compression == kTiffNone && !only_last && grid_.offsets.count() > needed)) {
    return damaged("it has " + std::to_string(grid_.offsets.count()) + " strips or tiles instead of " +
                   std::to_string(needed));
  }
  // Each block of JPEG data starts a decoder. A picture of the largest size in tiles of 64 x 64 has 43,690.
  constexpr std::size_t kMostJpegBlocks = 65536;
  if (storage_.compression == kTiffJpeg && needed > kMostJpegBlocks) {
    return Error{ErrorCode::kLimit, "a TIFF of more than " + std::to_string(kMostJpegBlocks) + " pieces of JPEG data",
                 "header", "save it in larger strips or tiles"};
  }
  if (jpeg_tables_.size() > kMostJpegTablesBytes) {
    return Error{ErrorCode::kLimit,
                 "a TIFF of more than " + std::to_string(kMostJpegTablesBytes) + " bytes of JPEG tables", "header",
                 std::string(kConvertWithPillow)};
  }
  if (storage_.compression != kTiffNone && grid_.byte_counts.count() < needed && needed > 1) {
    return damaged("it does not say how long its strips or tiles are");
  }
  return {};
}

Status TiffBlocks::open(std::span<const std::byte> file, const TiffDirectory& directory, const TiffStorage& storage,
                        const TiffSamples& samples, const Limits& limits) {
  bytes_ = file;
  storage_ = storage;
  limits_ = limits;
  bits_ = samples.bits;
  per_pixel_ = samples.per_pixel;
  is_ycbcr_ = samples.is_ycbcr;
  order_ = directory.order();
  jpeg_tables_ = directory.values(TiffTag::kJpegTables).bytes();
  KITE_TRY(find_blocks(directory));
  return check_blocks();
}

Result<std::span<const std::byte>> TiffBlocks::stored_block(std::int64_t index) const {
  auto at = static_cast<std::size_t>(index);
  const bool is_only = grid_.across * grid_.down * planes() == 1;
  if (storage_.compression == kTiffNone && is_only) at = grid_.offsets.count() - 1;
  const std::uint64_t offset = grid_.offsets.at(at);
  if (offset >= bytes_.size()) return truncated_picture(PictureFormat::kTiff, bytes_.size());
  const auto rest = bytes_.subspan(offset);
  // Pillow does not look at the length of data that is not compressed.
  if (storage_.compression == kTiffNone || grid_.byte_counts.count() <= at) return rest;
  const std::uint64_t size = grid_.byte_counts.at(at);
  if (size > rest.size()) return truncated_picture(PictureFormat::kTiff, bytes_.size());
  return rest.first(size);
}

Status TiffBlocks::unpack_jpeg(std::span<const std::byte> stored, std::int64_t rows) {
  const std::vector<std::byte> stream = joined_jpeg(jpeg_tables_, stored);
  Limits limits = limits_;
  // The whole picture may take this much work, and a block its share.
  limits[Limit::kScanPixels] = limits_[Limit::kScanPixels] / (grid_.across * grid_.down);
  limits[Limit::kPixels] = grid_.width * grid_.height;
  const auto colours = is_ycbcr_ ? JpegColours::kFromYCbCr : JpegColours::kComponents;
  KITE_TRY_ASSIGN(const auto reader, open_jpeg_data(stream, limits, colours, static_cast<int>(block_samples())));
  if (reader->size().width != grid_.width || reader->size().height < rows) {
    return damaged("the JPEG data of a strip or tile has another size");
  }
  const std::int64_t size = row_bytes(grid_.width, block_samples());
  for (std::int64_t y = 0; y < rows; ++y) {
    KITE_TRY(reader->read_row(reinterpret_cast<std::uint8_t*>(block_.data() + y * size)));
  }
  if (!reader->facts().warnings.empty() && warnings_.empty()) warnings_.push_back(reader->facts().warnings.front());
  return {};
}

// Blocks may share their data, and compressed data may stand for nothing at any length. So the file's bytes are spread
// over all blocks, and a block may besides have what no encoder needs for its pixels.
std::span<const std::byte> TiffBlocks::within_share(std::span<const std::byte> stored, std::int64_t unpacked) const {
  const auto blocks = static_cast<std::size_t>(grid_.across * grid_.down * planes());
  const std::size_t fixed = storage_.compression == kTiffJpeg ? kMostJpegTablesBytes : 1024;
  const std::size_t share = bytes_.size() / blocks + 8 * static_cast<std::size_t>(unpacked) + fixed;
  return stored.first(std::min(stored.size(), share));
}

Status TiffBlocks::unpack(std::span<const std::byte> stored, std::int64_t rows) {
  const std::int64_t size = row_bytes(grid_.width, block_samples());
  stored = within_share(stored, size * rows);
  if (static_cast<std::int64_t>(stored.size()) < size * rows / most_per_byte(storage_.compression)) {
    return truncated_picture(PictureFormat::kTiff, bytes_.size());
  }
  block_.resize(static_cast<std::size_t>(size * rows));
  if (storage_.compression == kTiffJpeg) return unpack_jpeg(stored, rows);
  std::vector<std::byte> turned;
  if (storage_.reversed_bits) {
    turned.assign(stored.begin(), stored.end());
    reverse_bits(turned);
    stored = turned;
  }
  bool complete = false;
  switch (storage_.compression) {
    case kTiffLzw:
      if (is_old_lzw(stored)) return unsupported_variant(PictureFormat::kTiff, "LZW of before 1989");
      complete = unpack_lzw(stored, block_);
      break;
    case kTiffPackBits: complete = unpack_packbits(stored, block_); break;
    default: complete = unpack_deflate(stored, block_); break;
  }
  if (!complete) {
    return damaged(std::string(tiff_compression_name(storage_.compression)) +
                   " data is wrong or ends before the last pixel");
  }
  if (storage_.predictor == 2 && storage_.compression != kTiffPackBits) {
    for (std::int64_t y = 0; y < rows; ++y) {
      add_differences(std::span(block_).subspan(static_cast<std::size_t>(y * size), static_cast<std::size_t>(size)),
                      static_cast<std::size_t>(block_samples()), bits_, order_);
    }
  }
  return {};
}

// Puts the first `rows` rows of block_ into the band.
void TiffBlocks::place(std::int64_t column, std::int64_t plane, std::int64_t rows) {
  const std::int64_t first = column * grid_.width;
  const std::int64_t pixels = std::min(grid_.width, storage_.size.width - first);
  const std::int64_t from_bytes = row_bytes(grid_.width, block_samples());
  const std::int64_t to_bytes = row_bytes(storage_.size.width, per_pixel_);
  for (std::int64_t y = 0; y < rows; ++y) {
    const std::byte* from = block_.data() + y * from_bytes;
    std::byte* to = band_.data() + y * to_bytes + first * per_pixel_ * bits_ / 8;
    if (!storage_.planar) {
      std::memcpy(to, from, static_cast<std::size_t>(row_bytes(pixels, per_pixel_)));
      continue;
    }
    const std::int64_t sample = bits_ / 8;
    for (std::int64_t x = 0; x < pixels; ++x) {
      std::memcpy(to + (x * per_pixel_ + plane) * sample, from + x * sample, static_cast<std::size_t>(sample));
    }
  }
}

Status TiffBlocks::read_block(std::int64_t column, std::int64_t plane, std::int64_t rows) {
  const std::int64_t row = next_row_ / grid_.height;
  const std::int64_t index = (plane * grid_.down + row) * grid_.across + column;
  KITE_TRY_ASSIGN(auto stored, stored_block(index));
  if (storage_.compression != kTiffNone) {
    KITE_TRY(unpack(stored, grid_.tiled ? grid_.height : rows));
  } else {
    const std::int64_t pixels = std::min(grid_.width, storage_.size.width - column * grid_.width);
    const std::int64_t size = row_bytes(grid_.width, block_samples());
    const std::int64_t needed = (rows - 1) * size + row_bytes(pixels, block_samples());
    if (static_cast<std::int64_t>(stored.size()) < needed) {
      return truncated_picture(PictureFormat::kTiff, bytes_.size());
    }
    stored = stored.first(static_cast<std::size_t>(needed));
    block_.assign(stored.begin(), stored.end());
    if (storage_.reversed_bits) reverse_bits(block_);
  }
  if (grid_.width == storage_.size.width && !storage_.planar) {  // the block is a band
    std::swap(band_, block_);
    return {};
  }
  const auto band_bytes = static_cast<std::size_t>(row_bytes(storage_.size.width, per_pixel_) * rows);
  if (band_.size() < band_bytes) band_.resize(band_bytes);  // not before a block was there
  place(column, plane, rows);
  return {};
}

Status TiffBlocks::read_band() {
  const std::int64_t rows = std::min(grid_.height, storage_.size.height - next_row_);
  for (std::int64_t plane = 0; plane < planes(); ++plane) {
    for (std::int64_t column = 0; column < grid_.across; ++column) KITE_TRY(read_block(column, plane, rows));
  }
  return {};
}

Result<const std::byte*> TiffBlocks::next_row() {
  const std::int64_t in_band = next_row_ % grid_.height;
  if (in_band == 0) KITE_TRY(read_band());
  ++next_row_;
  return band_.data() + in_band * row_bytes(storage_.size.width, per_pixel_);
}

}  // namespace kite
