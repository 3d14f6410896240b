// SPDX-License-Identifier: Apache-2.0
// LZW and PackBits by hand, Deflate through zlib.
#include "image/formats/tiff_codecs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include <zlib.h>

namespace kite {
namespace {

constexpr std::size_t kLzwCodes = 4096;
constexpr std::uint32_t kClear = 256;
constexpr std::uint32_t kEnd = 257;

// A code stands for the string of another one and one byte more. Strings are written from their end, so each entry
// knows its length.
struct LzwTable {
  std::array<std::uint16_t, kLzwCodes> prefix;
  std::array<std::uint16_t, kLzwCodes> length;
  std::array<std::uint8_t, kLzwCodes> last;
  std::array<std::uint8_t, kLzwCodes> first;
  std::size_t next = 258;

  LzwTable() {
    for (std::size_t i = 0; i < 256; ++i) {
      prefix[i] = 0;
      length[i] = 1;
      last[i] = first[i] = static_cast<std::uint8_t>(i);
    }
  }

  void add(std::uint32_t before, std::uint8_t byte) noexcept {
    if (next >= kLzwCodes) return;
    prefix[next] = static_cast<std::uint16_t>(before);
    length[next] = static_cast<std::uint16_t>(length[before] + 1);
    last[next] = byte;
    first[next] = first[before];
    ++next;
  }

  // Writes as much of the string as there is room for.
  std::size_t write(std::uint32_t code, std::span<std::byte> to) const noexcept {
    const std::size_t whole = length[code];
    for (std::size_t i = whole; i-- > 0; code = prefix[code]) {
      if (i < to.size()) to[i] = static_cast<std::byte>(last[code]);
    }
    return std::min(whole, to.size());
  }
};

// Codes of 9 to 12 bits, the highest bit first.
class LzwCodes {
 public:
  explicit LzwCodes(std::span<const std::byte> from) : from_(from) {}
  // kEnd also where the data ends.
  std::uint32_t next(int bits) noexcept {
    while (buffered_ < bits) {
      if (at_ == from_.size()) return kEnd;
      buffer_ = buffer_ << 8 | read8(from_, at_++);
      buffered_ += 8;
    }
    buffered_ -= bits;
    return buffer_ >> buffered_ & ((1U << bits) - 1);
  }

 private:
  std::span<const std::byte> from_;
  std::size_t at_ = 0;
  std::uint32_t buffer_ = 0;
  int buffered_ = 0;
};

}  // namespace

bool is_old_lzw(std::span<const std::byte> from) noexcept {
  return from.size() >= 2 && from[0] == std::byte{0} && (from[1] & std::byte{1}) != std::byte{0};
}

bool unpack_lzw(std::span<const std::byte> from, std::span<std::byte> to) {
  const auto table = std::make_unique<LzwTable>();
  LzwCodes codes(from);
  int bits = 9;
  bool is_first = true;
  std::uint32_t before = 0;
  while (!to.empty()) {
    const std::uint32_t code = codes.next(bits);
    if (code == kEnd) return false;
    if (code == kClear) {
      table->next = 258;
      bits = 9;
      is_first = true;
      continue;
    }
    if (is_first ? code > 255 : code > table->next) return false;
    if (!is_first) {
      if (code == table->next && code >= kLzwCodes) return false;
      table->add(before, table->first[code == table->next ? before : code]);
      // One code early, as every writer of TIFF does.
      if (table->next >= (std::size_t{1} << bits) - 1 && bits < 12) ++bits;
    }
    to = to.subspan(table->write(code, to));
    before = code;
    is_first = false;
  }
  return true;
}

bool unpack_deflate(std::span<const std::byte> from, std::span<std::byte> to) {
  z_stream stream{};
  const int begun = inflateInit(&stream);
  if (begun == Z_MEM_ERROR) throw std::bad_alloc();  // the picture is not damaged
  if (begun != Z_OK) return false;
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();  // zlib counts in 32 bits
  int status = Z_OK;
  while (status == Z_OK && !to.empty()) {
    const auto in = static_cast<uInt>(std::min(from.size(), kMost));
    const auto out = static_cast<uInt>(std::min(to.size(), kMost));
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(from.data()));
    stream.avail_in = in;
    stream.next_out = reinterpret_cast<Bytef*>(to.data());
    stream.avail_out = out;
    status = inflate(&stream, Z_NO_FLUSH);
    from = from.subspan(in - stream.avail_in);
    to = to.subspan(out - stream.avail_out);
  }
  // All bytes are there. Is the check sum behind them right? Where more pixels follow, libtiff does not ask.
  if (status == Z_OK) {
    stream.avail_out = 0;
    stream.avail_in = static_cast<uInt>(std::min(from.size(), kMost));
    if (inflate(&stream, Z_NO_FLUSH) == Z_DATA_ERROR) status = Z_DATA_ERROR;
  }
  inflateEnd(&stream);
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  return to.empty() && status != Z_DATA_ERROR;
}

bool unpack_packbits(std::span<const std::byte> from, std::span<std::byte> to) {
  while (!to.empty()) {
    if (from.empty()) return false;
    const std::uint32_t head = read8(from, 0);
    from = from.subspan(1);
    if (head == 128) continue;
    const std::size_t count = std::min<std::size_t>(head < 128 ? head + 1 : 257 - head, to.size());
    const std::size_t stored = head < 128 ? count : 1;
    if (from.size() < stored) return false;
    if (head < 128) {
      std::memcpy(to.data(), from.data(), count);
    } else {
      std::fill_n(to.begin(), count, from[0]);
    }
    from = from.subspan(stored);
    to = to.subspan(count);
  }
  return true;
}

void add_differences(std::span<std::byte> row, std::size_t samples, int bits, ByteOrder order) noexcept {
  const auto size = static_cast<std::size_t>(bits / 8);
  for (std::size_t at = samples * size; at + size <= row.size(); at += size) {
    const std::uint64_t sum = read_number(row, at, static_cast<int>(size), order) +
                              read_number(row, at - samples * size, static_cast<int>(size), order);
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t shift = 8 * (order == ByteOrder::kBig ? size - 1 - i : i);
      row[at + i] = static_cast<std::byte>(sum >> shift & 0xff);
    }
  }
}

void reverse_bits(std::span<std::byte> bytes) noexcept {
  for (std::byte& byte : bytes) {
    auto value = static_cast<unsigned>(byte);
    value = (value & 0xf0) >> 4 | (value & 0x0f) << 4;
    value = (value & 0xcc) >> 2 | (value & 0x33) << 2;
    value = (value & 0xaa) >> 1 | (value & 0x55) << 1;
    byte = static_cast<std::byte>(value);
  }
}

}  // namespace kite
