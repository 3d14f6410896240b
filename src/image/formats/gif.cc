// SPDX-License-Identifier: Apache-2.0
// The first frame of a GIF, with Pillow's reading of blocks and codes. Where a frame does not cover the screen, the
// rest has the transparent index, or index 0.
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

using Bytes = std::span<const std::byte>;
using Palette = std::array<std::array<std::uint8_t, 3>, 256>;

constexpr int kMaxCodes = 1 << 12;

// LZW codes to indices, in blocks of at most 255 bytes that begin with their length.
class CodeReader {
 public:
  enum class Step : std::uint8_t { kString, kTruncated, kBroken };

  CodeReader(Bytes blocks, int bits) : blocks_(blocks), bits_(bits) { clear(); }

  // The indices of the next code, the last one first: string()[length() - 1] is the leftmost pixel.
  Step next();
  [[nodiscard]] int length() const noexcept { return length_; }
  [[nodiscard]] std::uint8_t at(int i) const noexcept { return string_[static_cast<std::size_t>(length_ - 1 - i)]; }

 private:
  void clear() noexcept {
    next_code_ = clear_code() + 2;
    code_bits_ = bits_ + 1;
    is_first_ = true;
  }
  [[nodiscard]] int clear_code() const noexcept { return 1 << bits_; }
  std::optional<int> read_code();
  Step expand(int code);
  void add_code(std::uint8_t first) noexcept;

  Bytes blocks_;
  int bits_;
  std::size_t at_ = 0;
  std::size_t left_in_block_ = 0;
  std::size_t seen_ = 0;  // Pillow looks at the file in pieces; it gives up at an end code in the last of them
  std::uint32_t buffer_ = 0;
  int buffered_bits_ = 0;
  int code_bits_ = 0;
  int next_code_ = 0;
  int last_code_ = 0;
  std::uint8_t last_first_ = 0;
  bool is_first_ = true;
  int length_ = 0;
  std::array<std::uint8_t, kMaxCodes> suffix_{};
  std::array<std::uint16_t, kMaxCodes> prefix_{};
  std::array<std::uint8_t, kMaxCodes> string_{};
};

std::optional<int> CodeReader::read_code() {
  while (buffered_bits_ < code_bits_) {
    if (left_in_block_ > 0) {
      buffer_ |= read8(blocks_, at_++) << buffered_bits_;
      buffered_bits_ += 8;
      --left_in_block_;
      continue;
    }
    if (at_ >= blocks_.size()) return std::nullopt;
    const std::size_t size = read8(blocks_, at_);
    if (blocks_.size() - at_ < size + 1) return std::nullopt;  // a block that is cut is not begun
    ++at_;
    left_in_block_ = size;
  }
  const int code = static_cast<int>(buffer_ & ((1U << code_bits_) - 1));
  buffer_ >>= code_bits_;
  buffered_bits_ -= code_bits_;
  return code;
}

void CodeReader::add_code(std::uint8_t first) noexcept {
  if (next_code_ >= kMaxCodes) return;  // a full table stays as it is
  suffix_[static_cast<std::size_t>(next_code_)] = first;
  prefix_[static_cast<std::size_t>(next_code_)] = static_cast<std::uint16_t>(last_code_);
  if (next_code_ == (1 << code_bits_) - 1 && code_bits_ < 12) ++code_bits_;
  ++next_code_;
}

CodeReader::Step CodeReader::expand(int code) {
  length_ = 0;
  if (is_first_) {
    if (code > clear_code()) return Step::kBroken;
    last_first_ = static_cast<std::uint8_t>(code);
    last_code_ = code;
    is_first_ = false;
    string_[0] = last_first_;
    length_ = 1;
    return Step::kString;
  }
  if (code > next_code_) return Step::kBroken;
  int rest = code;
  if (code == next_code_) {  // the code that is only now being defined
    string_[static_cast<std::size_t>(length_++)] = last_first_;
    rest = last_code_;
  }
  while (rest >= clear_code()) {
    if (length_ >= kMaxCodes - 1 || rest >= kMaxCodes) return Step::kBroken;
    string_[static_cast<std::size_t>(length_++)] = suffix_[static_cast<std::size_t>(rest)];
    rest = prefix_[static_cast<std::size_t>(rest)];
  }
  last_first_ = static_cast<std::uint8_t>(rest);
  string_[static_cast<std::size_t>(length_++)] = last_first_;
  add_code(last_first_);
  last_code_ = code;
  return Step::kString;
}

CodeReader::Step CodeReader::next() {
  constexpr std::size_t kPieceBytes = 65536;
  while (true) {
    const auto code = read_code();
    if (!code) return Step::kTruncated;
    if (*code == clear_code()) {
      if (!is_first_) clear();
    } else if (*code == clear_code() + 1) {
      // Pixels are missing. Pillow reads on as long as the file has another piece.
      seen_ = std::max(seen_, (at_ + kPieceBytes - 1) / kPieceBytes * kPieceBytes);
      if (seen_ >= blocks_.size()) return Step::kTruncated;
      seen_ += kPieceBytes;
    } else {
      return expand(*code);
    }
  }
}

// The order in which rows are stored: every 8th from 0, every 8th from 4, every 4th from 2, every 2nd from 1.
class RowOrder {
 public:
  RowOrder(std::int64_t height, bool interlaced) : height_(height), pass_(interlaced ? 0 : 3) {}
  [[nodiscard]] std::int64_t row() const noexcept { return row_; }
  // False after the last row.
  bool advance() noexcept {
    constexpr std::array<std::int64_t, 4> kSteps = {8, 8, 4, 2};
    constexpr std::array<std::int64_t, 4> kStarts = {0, 4, 2, 1};
    const bool plain = pass_ == 3 && !in_passes_;
    row_ += plain ? 1 : kSteps.at(pass_);
    while (row_ >= height_) {
      if (pass_ == 3) return false;
      in_passes_ = true;
      row_ = kStarts.at(++pass_);
    }
    return true;
  }

 private:
  std::int64_t height_;
  std::size_t pass_;
  bool in_passes_ = false;
  std::int64_t row_ = 0;
};

class GifReader final : public RowReader {
 public:
  explicit GifReader(Bytes bytes) : bytes_(bytes) {}
  Status open(const Limits& limits);
  Status read_row(std::uint8_t* rgb) override;

 private:
  Status read_screen();
  Status find_frame();
  Status read_extension();
  Status read_frame_header();
  Status read_palette(std::uint32_t flags);
  Status read_pixels();
  void look_for_more_frames();
  // The next part of a chain of blocks; empty at its end and at the end of the file.
  Bytes take_block() noexcept;
  [[nodiscard]] Error truncated() const { return truncated_picture(PictureFormat::kGif, bytes_.size()); }

  Bytes bytes_;
  std::size_t at_ = 0;
  Palette palette_{};
  std::optional<std::uint8_t> transparent_;
  std::int64_t left_ = 0;
  std::int64_t top_ = 0;
  Size frame_;
  bool interlaced_ = false;
  int code_bits_ = 0;
  std::vector<std::uint8_t> indices_;
  std::int64_t next_row_ = 0;
};

Bytes GifReader::take_block() noexcept {
  if (at_ >= bytes_.size()) return {};
  const std::size_t size = std::min<std::size_t>(read8(bytes_, at_), bytes_.size() - at_ - 1);
  const Bytes block = bytes_.subspan(at_ + 1, size);
  at_ += 1 + size;
  return block;
}

// A palette in which each entry is its own index is none, as in Pillow: the one from before stays.
Status GifReader::read_palette(std::uint32_t flags) {
  if ((flags & 0x80) == 0) return {};
  const std::size_t entries = std::size_t{2} << (flags & 7);
  if (bytes_.size() - at_ < 3 * entries) return truncated();
  Palette palette{};
  bool is_ramp = true;
  for (std::size_t i = 0; i < entries; ++i, at_ += 3) {
    std::memcpy(palette[i].data(), bytes_.data() + at_, 3);
    is_ramp = is_ramp && std::ranges::all_of(palette[i], [i](std::uint8_t value) { return value == i; });
  }
  if (!is_ramp) palette_ = palette;
  return {};
}

Status GifReader::read_screen() {
  if (bytes_.size() < 13) return truncated();
  size_ = {read16(bytes_, 6, ByteOrder::kLittle), read16(bytes_, 8, ByteOrder::kLittle)};
  for (std::size_t i = 0; i < palette_.size(); ++i) palette_[i].fill(static_cast<std::uint8_t>(i));  // grey
  at_ = 13;
  return read_palette(read8(bytes_, 10));
}

Status GifReader::read_extension() {
  if (at_ >= bytes_.size()) return truncated();
  const std::uint32_t label = read8(bytes_, at_++);
  const Bytes block = take_block();
  if (label == 0xf9 && !block.empty()) {
    if (block.size() < 4) return damaged_picture(PictureFormat::kGif, "a graphic control block is too short");
    if ((read8(block, 0) & 1) != 0) transparent_ = static_cast<std::uint8_t>(read8(block, 3));
  }
  if (label == 0xfe && block.empty()) return {};
  while (!take_block().empty()) {
  }
  return {};
}

// Bytes that begin no block are skipped.
Status GifReader::find_frame() {
  while (at_ < bytes_.size()) {
    const std::uint32_t kind = read8(bytes_, at_++);
    if (kind == ';') break;
    if (kind == '!') KITE_TRY(read_extension());
    if (kind == ',') return read_frame_header();
  }
  return damaged_picture(PictureFormat::kGif, "it has no frame");
}

Status GifReader::read_frame_header() {
  if (bytes_.size() - at_ < 10) return truncated();
  left_ = read16(bytes_, at_, ByteOrder::kLittle);
  top_ = read16(bytes_, at_ + 2, ByteOrder::kLittle);
  frame_ = {read16(bytes_, at_ + 4, ByteOrder::kLittle), read16(bytes_, at_ + 6, ByteOrder::kLittle)};
  const std::uint32_t flags = read8(bytes_, at_ + 8);
  at_ += 9;
  size_ = {std::max(size_.width, left_ + frame_.width), std::max(size_.height, top_ + frame_.height)};
  interlaced_ = (flags & 0x40) != 0;
  KITE_TRY(read_palette(flags));
  if (at_ >= bytes_.size()) return truncated();
  code_bits_ = static_cast<int>(read8(bytes_, at_++));
  if (code_bits_ > 12) return damaged_picture(PictureFormat::kGif, "codes of more than 12 bits");
  return {};
}

Status GifReader::read_pixels() {
  if (frame_.width == 0 && left_ == 0) frame_ = size_;  // as in Pillow
  if (frame_.width < 1 || frame_.height < 1 || left_ + frame_.width > size_.width ||
      top_ + frame_.height > size_.height) {
    return damaged_picture(PictureFormat::kGif, "its frame has no pixels");
  }
  const std::int64_t pixels = frame_.width * frame_.height;
  // A code has at least one bit and stands for at most kMaxCodes pixels.
  if (pixels / (8 * kMaxCodes) > static_cast<std::int64_t>(bytes_.size() - at_)) return truncated();
  indices_.resize(static_cast<std::size_t>(pixels));
  const auto codes = std::make_unique<CodeReader>(bytes_.subspan(at_), code_bits_);
  RowOrder order(frame_.height, interlaced_);
  std::int64_t x = 0;
  while (true) {
    switch (codes->next()) {
      case CodeReader::Step::kTruncated: return truncated();
      case CodeReader::Step::kBroken: return damaged_picture(PictureFormat::kGif, "a code that was never defined");
      case CodeReader::Step::kString: break;
    }
    for (int i = 0; i < codes->length(); ++i) {
      indices_[static_cast<std::size_t>(order.row() * frame_.width + x)] = codes->at(i);
      if (++x < frame_.width) continue;
      x = 0;
      if (!order.advance()) return {};
    }
  }
}

void GifReader::look_for_more_frames() {
  while (!take_block().empty()) {
  }
  while (at_ < bytes_.size()) {
    const std::uint32_t kind = read8(bytes_, at_++);
    if (kind == ';') return;
    if (kind == ',') {
      facts_.pixel_format += ", animated";
      facts_.warnings.emplace_back("the first of several frames is used");
      return;
    }
    if (kind == '!') {
      ++at_;
      while (!take_block().empty()) {
      }
    }
  }
}

Status GifReader::open(const Limits& limits) {
  KITE_TRY(read_screen());
  KITE_TRY(find_frame());
  KITE_TRY(check_picture_size(size_, limits));
  KITE_TRY(read_pixels());
  facts_.format = PictureFormat::kGif;
  facts_.pixel_format = interlaced_ ? "palette, interlaced" : "palette";
  facts_.is_opaque = !transparent_;
  look_for_more_frames();
  return {};
}

Status GifReader::read_row(std::uint8_t* rgb) {
  const std::int64_t y = next_row_++ - top_;
  const bool in_frame = y >= 0 && y < frame_.height;
  const std::uint8_t outside = transparent_.value_or(0);
  for (std::int64_t x = 0; x < size_.width; ++x, rgb += 3) {
    const std::int64_t frame_x = x - left_;
    const bool inside = in_frame && frame_x >= 0 && frame_x < frame_.width;
    const std::uint8_t index = inside ? indices_[static_cast<std::size_t>(y * frame_.width + frame_x)] : outside;
    std::memcpy(rgb, palette_[index].data(), 3);
  }
  return {};
}

Result<std::unique_ptr<RowReader>> open_gif(Bytes bytes, const Limits& limits) {
  auto reader = std::make_unique<GifReader>(bytes);
  KITE_TRY(reader->open(limits));
  return std::unique_ptr<RowReader>(std::move(reader));
}

bool is_gif(std::string_view head) { return head.starts_with("GIF87a") || head.starts_with("GIF89a"); }

}  // namespace

constinit const PictureCodec kGifCodec = {
    .recognises = is_gif,
    .open = open_gif,
    .find_metadata = nullptr,
    .extensions = ".gif",
};

}  // namespace kite
