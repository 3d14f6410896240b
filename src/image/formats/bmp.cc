// SPDX-License-Identifier: Apache-2.0
// BMP of Windows and OS/2, with and without the header of a file, as Pillow reads it: which layouts of bits there are,
// and when a palette is taken for grey.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "image/byte_order.h"
#include "image/formats/codec.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::size_t kFileHeaderBytes = 14;
constexpr std::uint32_t kKnownHeaderBytes[] = {12, 40, 52, 56, 64, 108, 124};

// A DIB begins with the second header: it is what the clipboard holds and Pillow writes into files named .dib.
bool has_file_header(std::span<const std::byte> bytes) { return as_text(bytes).starts_with("BM"); }

// What one stored pixel is.
enum class BmpPixels : std::uint8_t {
  kBits,   // 1 bit, 0 is black and 1 white
  kGrey,   // 8 bits
  kIndex,  // into the palette
  kBgr15,  // 5 bits a colour
  kBgr16,  // 5, 6, 5 bits
  kBytes,  // a byte a colour
};

struct BmpHeader {
  std::uint32_t header_bytes = 0;
  std::uint32_t compression = 0;
  int bits = 0;
  bool top_down = false;
  std::uint32_t colours = 0;
  std::size_t palette_entry_bytes = 4;
  std::array<std::uint32_t, 4> masks{};  // red, green, blue, alpha
  std::size_t end = 0;                   // where the palette begins
  std::size_t data = 0;                  // where the pixels begin; 0: behind the palette
};

enum BmpCompression : std::uint32_t { kRaw = 0, kRle8 = 1, kRle4 = 2, kBitfields = 3 };

// Where red, green and blue are in a pixel of `bits` bits, in bytes.
struct ByteLayout {
  int bits;
  std::array<std::uint32_t, 4> masks;
  std::array<int, 3> rgb;
  bool has_alpha;
};

// The layouts that Pillow knows. For 24 bits it ignores the mask of alpha.
constexpr ByteLayout kByteLayouts[] = {
    {32, {0xff0000, 0xff00, 0xff, 0}, {2, 1, 0}, false},
    {32, {0xff000000, 0xff0000, 0xff00, 0}, {3, 2, 1}, false},
    {32, {0xff000000, 0xff00, 0xff, 0}, {3, 1, 0}, false},
    {32, {0xff000000, 0xff0000, 0xff00, 0xff}, {3, 2, 1}, true},
    {32, {0xff, 0xff00, 0xff0000, 0xff000000}, {0, 1, 2}, true},
    {32, {0xff0000, 0xff00, 0xff, 0xff000000}, {2, 1, 0}, true},
    {32, {0xff000000, 0xff00, 0xff, 0xff0000}, {3, 1, 0}, true},
    {32, {0, 0, 0, 0}, {2, 1, 0}, true},
    {24, {0xff0000, 0xff00, 0xff, 0}, {2, 1, 0}, false},
};

class BmpReader final : public RowReader {
 public:
  explicit BmpReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Status open(const Limits& limits);
  Status read_row(std::uint8_t* rgb) override;

 private:
  Status read_header();
  Status choose_layout();
  Status read_palette();
  Status find_rows(std::size_t data);
  Status unpack_runs(std::size_t data);
  [[nodiscard]] int index_at(const std::byte* row, std::int64_t x) const noexcept;
  void describe();

  std::span<const std::byte> bytes_;
  BmpHeader header_;
  BmpPixels pixels_ = BmpPixels::kBytes;
  int stored_bits_ = 0;  // of one pixel as it is read, which is not always what the header says
  std::array<int, 3> rgb_at_{2, 1, 0};
  bool has_alpha_ = false;
  std::array<std::array<std::uint8_t, 3>, 256> palette_{};  // entries that the file does not have are black
  std::vector<std::byte> unpacked_;                         // of a run-length coded picture
  std::span<const std::byte> rows_;
  std::size_t stride_ = 0;
  std::int64_t next_row_ = 0;
};

Status BmpReader::read_header() {
  const std::size_t begin = has_file_header(bytes_) ? kFileHeaderBytes : 0;
  if (bytes_.size() < begin + 4) return truncated_picture(PictureFormat::kBmp, bytes_.size());
  BmpHeader& header = header_;
  if (begin != 0) header.data = read32(bytes_, 10, ByteOrder::kLittle);
  header.header_bytes = read32(bytes_, begin, ByteOrder::kLittle);
  if (std::ranges::find(kKnownHeaderBytes, header.header_bytes) == std::end(kKnownHeaderBytes)) {
    return unsupported_everywhere(PictureFormat::kBmp, "a header of " + std::to_string(header.header_bytes) + " bytes");
  }
  header.end = begin + header.header_bytes;
  if (bytes_.size() < header.end) return truncated_picture(PictureFormat::kBmp, bytes_.size());
  const auto fields = bytes_.subspan(begin);
  if (header.header_bytes == 12) {  // OS/2 1
    size_ = {read16(fields, 4, ByteOrder::kLittle), read16(fields, 6, ByteOrder::kLittle)};
    header.bits = static_cast<int>(read16(fields, 10, ByteOrder::kLittle));
    header.palette_entry_bytes = 3;
  } else {
    header.top_down = read8(fields, 11) == 0xff;  // a negative height
    const std::uint32_t height = read32(fields, 8, ByteOrder::kLittle);
    size_ = {read32(fields, 4, ByteOrder::kLittle), header.top_down
                                                        ? -static_cast<std::int64_t>(static_cast<std::int32_t>(height))
                                                        : static_cast<std::int64_t>(height)};
    header.bits = static_cast<int>(read16(fields, 14, ByteOrder::kLittle));
    header.compression = read32(fields, 16, ByteOrder::kLittle);
    header.colours = read32(fields, 32, ByteOrder::kLittle);
  }
  if (header.compression == kBitfields) {
    const std::size_t count = header.header_bytes >= 56 ? 4 : 3;
    if (header.header_bytes < 52) header.end += 12;  // the masks follow the header instead of being part of it
    if (fields.size() < 40 + 4 * count) return truncated_picture(PictureFormat::kBmp, bytes_.size());
    for (std::size_t i = 0; i < count; ++i) header.masks.at(i) = read32(fields, 40 + 4 * i, ByteOrder::kLittle);
  }
  return {};
}

Status BmpReader::choose_layout() {
  const int bits = header_.bits;
  stored_bits_ = bits;
  if (header_.compression > kBitfields) {
    return unsupported_everywhere(PictureFormat::kBmp, "compression " + std::to_string(header_.compression));
  }
  const bool is_packed = header_.compression == kRle8 || header_.compression == kRle4;
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) {
    return unsupported_everywhere(PictureFormat::kBmp, std::to_string(bits) + " bits a pixel");
  }
  if (is_packed && bits > 8) return damaged_picture(PictureFormat::kBmp, "run-length coding without a palette");
  pixels_ = bits <= 8 ? BmpPixels::kIndex : bits == 16 ? BmpPixels::kBgr15 : BmpPixels::kBytes;
  if (header_.compression != kBitfields) return {};
  const auto& masks = header_.masks;
  if (bits == 16 && masks[0] == 0xf800 && masks[1] == 0x7e0 && masks[2] == 0x1f) {
    pixels_ = BmpPixels::kBgr16;
    return {};
  }
  if (bits == 16 && masks[0] == 0x7c00 && masks[1] == 0x3e0 && masks[2] == 0x1f) return {};
  const auto* layout = std::ranges::find_if(kByteLayouts, [&](const ByteLayout& known) {
    return known.bits == bits && std::equal(masks.begin(), masks.begin() + (bits == 24 ? 3 : 4), known.masks.begin());
  });
  if (layout == std::end(kByteLayouts)) {
    return unsupported_everywhere(PictureFormat::kBmp, "these bit fields");
  }
  rgb_at_ = layout->rgb;
  has_alpha_ = layout->has_alpha;
  return {};
}

// A palette in which each entry is its own index (or black and white, where there are two) is none: the picture is
// grey.
Status BmpReader::read_palette() {
  const std::uint32_t colours = header_.colours != 0 ? header_.colours : std::uint32_t{1} << header_.bits;
  if (colours > 65536) return damaged_picture(PictureFormat::kBmp, "a palette of more than 65536 colours");
  const std::size_t entry = header_.palette_entry_bytes;
  if (header_.data == kFileHeaderBytes + header_.header_bytes) header_.data += entry * colours;
  const std::size_t there =
      std::min<std::size_t>(entry * colours, bytes_.size() - std::min(bytes_.size(), header_.end));
  bool is_grey = there == entry * colours;
  for (std::size_t i = 0; i < colours && 3 + i * entry <= there; ++i) {
    const std::size_t at = header_.end + i * entry;
    const std::size_t value = colours == 2 ? 255 * i : i;
    for (std::size_t c = 0; c < 3; ++c) is_grey = is_grey && read8(bytes_, at + c) == value;
    if (i < 256 && (i + 1) * entry <= there) {  // an entry that is cut is none
      for (std::size_t c = 0; c < 3; ++c) palette_[i][2 - c] = static_cast<std::uint8_t>(read8(bytes_, at + c));
    }
  }
  header_.end += there;
  if (is_grey) {
    pixels_ = colours <= 2 ? BmpPixels::kBits : BmpPixels::kGrey;
    stored_bits_ = colours <= 2 ? 1 : 8;
  } else if (there / entry > 256) {
    return damaged_picture(PictureFormat::kBmp, "a palette of more than 256 colours");
  }
  return {};
}

Status BmpReader::find_rows(std::size_t data) {
  const auto width = static_cast<std::uint64_t>(size_.width);
  stride_ = ((width * static_cast<std::uint64_t>(header_.bits) + 31) >> 3) & ~std::uint64_t{3};
  const std::uint64_t row = (width * static_cast<std::uint64_t>(stored_bits_) + 7) / 8;
  if (row > stride_)
    return damaged_picture(PictureFormat::kBmp, "a palette of grey for fewer bits than it has entries");
  const std::uint64_t needed = (static_cast<std::uint64_t>(size_.height) - 1) * stride_ + row;
  if (data > bytes_.size() || bytes_.size() - data < needed) {
    return truncated_picture(PictureFormat::kBmp, bytes_.size());
  }
  rows_ = bytes_.subspan(data);
  return {};
}

// Pillow's reading of the codes, also where a picture breaks the rules: a run ends with its row, but pixels that are
// stored one by one do not.
Status BmpReader::unpack_runs(std::size_t at) {
  const auto width = static_cast<std::size_t>(size_.width);
  const std::size_t total = width * static_cast<std::size_t>(size_.height);
  const bool nibbles = header_.compression == kRle4;
  const auto add_pair = [&](std::uint32_t value, bool both) {
    unpacked_.push_back(static_cast<std::byte>(value >> 4));
    if (both) unpacked_.push_back(static_cast<std::byte>(value & 15));
  };
  std::size_t x = 0;
  while (unpacked_.size() < total && at + 2 <= bytes_.size()) {
    std::size_t count = read8(bytes_, at);
    const std::uint32_t value = read8(bytes_, at + 1);
    at += 2;
    if (count != 0) {
      count = std::min(count, width - std::min(x, width));
      for (std::size_t i = 0; nibbles && i < count; i += 2) add_pair(value, i + 1 < count);
      if (!nibbles) unpacked_.insert(unpacked_.end(), count, static_cast<std::byte>(value));
      x += count;
    } else if (value == 0) {  // the end of a row
      unpacked_.resize((unpacked_.size() + width - 1) / width * width);
      x = 0;
    } else if (value == 1) {  // the end of the picture
      break;
    } else if (value == 2) {  // a step right and up
      if (at + 2 > bytes_.size()) break;
      const std::size_t step = read8(bytes_, at) + read8(bytes_, at + 1) * width;
      at += 2;
      unpacked_.resize(std::min(total, unpacked_.size() + step));
      x = unpacked_.size() % width;
    } else {  // `value` pixels, padded to an even number of bytes
      const std::size_t pixels = std::min<std::size_t>(total - unpacked_.size(), value);
      const std::size_t size = nibbles ? (pixels + 1) / 2 : pixels;
      const std::size_t there = std::min(size, bytes_.size() - at);
      for (std::size_t i = 0; nibbles && i < there; ++i) add_pair(read8(bytes_, at + i), 2 * i + 1 < pixels);
      if (!nibbles) {
        const auto from = bytes_.subspan(at, there);
        unpacked_.insert(unpacked_.end(), from.begin(), from.end());
      }
      if (there < size || unpacked_.size() == total) break;
      x += value;
      at += size;
      at += at % 2;
    }
  }
  if (unpacked_.size() < total) return truncated_picture(PictureFormat::kBmp, bytes_.size());
  rows_ = unpacked_;
  stride_ = width;
  if (pixels_ == BmpPixels::kIndex) stored_bits_ = 8;
  return {};
}

void BmpReader::describe() {
  facts_.format = PictureFormat::kBmp;
  facts_.pixel_format = std::to_string(header_.bits) + "-bit ";
  switch (pixels_) {
    case BmpPixels::kBits:
    case BmpPixels::kGrey: facts_.pixel_format += "grey"; break;
    case BmpPixels::kIndex: facts_.pixel_format += "palette"; break;
    default: facts_.pixel_format += has_alpha_ ? "RGBA" : "RGB"; break;
  }
  if (!unpacked_.empty()) facts_.pixel_format += ", run-length coded";
  facts_.is_opaque = !has_alpha_;
}

Status BmpReader::open(const Limits& limits) {
  KITE_TRY(read_header());
  KITE_TRY(check_picture_size(size_, limits));
  KITE_TRY(choose_layout());
  if (header_.bits <= 8) KITE_TRY(read_palette());
  const std::size_t data = header_.data != 0 ? header_.data : header_.end;
  if (header_.compression == kRle8 || header_.compression == kRle4) {
    KITE_TRY(unpack_runs(data));
  } else {
    KITE_TRY(find_rows(data));
  }
  describe();
  return {};
}

int BmpReader::index_at(const std::byte* row, std::int64_t x) const noexcept {
  if (!unpacked_.empty() || stored_bits_ == 8) return static_cast<int>(row[x]);
  const int per_byte = 8 / stored_bits_;
  const int shift = 8 - stored_bits_ * (1 + static_cast<int>(x % per_byte));  // the leftmost pixel is in the high bits
  return static_cast<int>(row[x / per_byte]) >> shift & ((1 << stored_bits_) - 1);
}

Status BmpReader::read_row(std::uint8_t* rgb) {
  const std::int64_t stored = header_.top_down ? next_row_ : size_.height - 1 - next_row_;
  ++next_row_;
  const std::byte* row = rows_.data() + static_cast<std::size_t>(stored) * stride_;
  const std::int64_t width = size_.width;
  const int bytes = stored_bits_ / 8;
  const int green_max = pixels_ == BmpPixels::kBgr16 ? 63 : 31;
  const int red_shift = pixels_ == BmpPixels::kBgr16 ? 11 : 10;
  for (std::int64_t x = 0; x < width; ++x, rgb += 3) {
    switch (pixels_) {
      case BmpPixels::kBits: std::memset(rgb, index_at(row, x) != 0 ? 255 : 0, 3); break;
      case BmpPixels::kGrey: std::memset(rgb, static_cast<int>(row[x]), 3); break;
      case BmpPixels::kIndex: std::memcpy(rgb, palette_[static_cast<std::size_t>(index_at(row, x))].data(), 3); break;
      case BmpPixels::kBgr15:
      case BmpPixels::kBgr16: {
        const int value = static_cast<int>(row[2 * x]) | static_cast<int>(row[2 * x + 1]) << 8;
        rgb[0] = static_cast<std::uint8_t>((value >> red_shift & 31) * 255 / 31);
        rgb[1] = static_cast<std::uint8_t>((value >> 5 & green_max) * 255 / green_max);
        rgb[2] = static_cast<std::uint8_t>((value & 31) * 255 / 31);
        break;
      }
      case BmpPixels::kBytes:
        for (std::size_t c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>(row[x * bytes + rgb_at_[c]]);
        break;
    }
  }
  return {};
}

Result<std::unique_ptr<RowReader>> open_bmp(std::span<const std::byte> bytes, const Limits& limits) {
  auto reader = std::make_unique<BmpReader>(bytes);
  KITE_TRY(reader->open(limits));
  return std::unique_ptr<RowReader>(std::move(reader));
}

// "BM" is too short to be sure: the size of the second header is looked at, too. Where that header comes first, it is
// one of the known ones with its single plane.
bool is_bmp(std::string_view head) {
  if (head.size() < 18) return false;
  const auto bytes = std::as_bytes(std::span(head));
  const std::uint32_t first = read32(bytes, 0, ByteOrder::kLittle);
  const std::size_t planes_at = first == 12 ? 8 : 12;
  if (std::ranges::find(kKnownHeaderBytes, first) != std::end(kKnownHeaderBytes) && head.size() >= first) {
    return read16(bytes, planes_at, ByteOrder::kLittle) == 1;
  }
  return head.starts_with("BM") && static_cast<unsigned char>(head[14]) >= 12 &&
         head.substr(15, 3) == std::string_view("\0\0\0", 3);
}

}  // namespace

constinit const PictureCodec kBmpCodec = {
    .recognises = is_bmp,
    .open = open_bmp,
    .find_metadata = nullptr,
    .extensions = ".bmp .dib",
};

}  // namespace kite
