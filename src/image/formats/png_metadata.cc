// SPDX-License-Identifier: Apache-2.0
// One pass over a PNG's chunks; only the texts that can state an orientation are decompressed.
#include "image/formats/png_metadata.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "image/byte_order.h"

namespace kite {
namespace {

using Bytes = std::span<const std::byte>;

// Pillow's limit for one text. A longer one gives nothing.
constexpr std::size_t kMaxTextBytes = std::size_t{1} << 20;

std::vector<std::byte> inflated(Bytes packed) {
  std::vector<std::byte> text(kMaxTextBytes);
  auto size = static_cast<uLongf>(text.size());
  const int status = uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                                reinterpret_cast<const Bytef*>(packed.data()), static_cast<uLong>(packed.size()));
  text.resize(status == Z_OK ? size : 0);
  return text;
}

// Cuts off what comes before the next zero byte; nullopt when there is none.
std::optional<Bytes> take_field(Bytes& bytes) {
  const std::size_t end = as_text(bytes).find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const Bytes field = bytes.first(end);
  bytes = bytes.subspan(end + 1);
  return field;
}

// The value of a text chunk. `owned` holds it when it was compressed.
Bytes value_of_text(std::string_view chunk, Bytes rest, std::vector<std::byte>& owned) {
  bool is_packed = false;
  if (chunk == "zTXt") {
    if (rest.empty()) return {};
    is_packed = true;
    rest = rest.subspan(1);  // the method, always 0
  } else if (chunk == "iTXt") {
    if (rest.size() < 2) return {};
    is_packed = rest[0] != std::byte{0};
    rest = rest.subspan(2);
    if (!take_field(rest) || !take_field(rest)) return {};  // the language, and the keyword in it
  }
  if (!is_packed) return rest;
  owned = inflated(rest);
  return owned;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "\nexif\n      42\n45786966...": the digits begin in the fourth line.
std::vector<std::byte> bytes_of_raw_profile(std::string_view text) {
  for (int line = 0; line < 3; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::vector<std::byte> bytes;
  int high = -1;
  for (const char c : text) {
    const int digit = digit_value(c);
    if (digit < 0 && (c == '\n' || c == ' ' || c == '\r' || c == '\t')) continue;
    if (digit < 0) return {};
    if (high >= 0) bytes.push_back(static_cast<std::byte>(high << 4 | digit));
    high = high >= 0 ? -1 : digit;
  }
  return bytes;
}

}  // namespace

PictureMetadata find_png_metadata(Bytes file) {
  PictureMetadata found;
  // The last chunk of each keyword. Only this one is decompressed: a file may have a hundred thousand.
  struct Text {
    std::string_view chunk;
    Bytes value;
  };
  Text raw_profile;
  Text xmp;
  std::size_t at = 8;               // after the signature
  while (at + 12 <= file.size()) {  // length, name, data, check sum
    const std::size_t length = read32(file, at, ByteOrder::kBig);
    if (length > file.size() - at - 12) break;
    const std::string_view name = as_text(file.subspan(at + 4, 4));
    Bytes data = file.subspan(at + 8, length);
    at += 12 + length;
    if (name == "IEND") break;
    if (name == "eXIf") found.exif = data;
    if (name != "tEXt" && name != "zTXt" && name != "iTXt") continue;
    const auto keyword = take_field(data);
    if (!keyword) continue;
    if (as_text(*keyword) == "Raw profile type exif") raw_profile = {name, data};
    if (as_text(*keyword) == "XML:com.adobe.xmp") xmp = {name, data};
  }
  found.xmp = value_of_text(xmp.chunk, xmp.value, found.owned_xmp);
  if (found.exif.empty()) {
    std::vector<std::byte> unpacked;
    found.owned_exif = bytes_of_raw_profile(as_text(value_of_text(raw_profile.chunk, raw_profile.value, unpacked)));
    found.exif = found.owned_exif;
  }
  return found;
}

}  // namespace kite
