// SPDX-License-Identifier: Apache-2.0
// One pass over a TIFF directory and over each container's chunks; every offset is checked against the end.
#include "image/exif.h"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace kite {
namespace {

using Bytes = std::span<const std::byte>;

std::uint32_t byte_at(Bytes bytes, std::size_t at) noexcept { return static_cast<std::uint32_t>(bytes[at]); }

std::uint32_t read16(Bytes bytes, std::size_t at, bool big) noexcept {
  const std::uint32_t first = byte_at(bytes, at);
  const std::uint32_t second = byte_at(bytes, at + 1);
  return big ? first << 8 | second : second << 8 | first;
}

std::uint32_t read32(Bytes bytes, std::size_t at, bool big) noexcept {
  const std::uint32_t first = read16(bytes, at, big);
  const std::uint32_t second = read16(bytes, at + 2, big);
  return big ? first << 16 | second : second << 16 | first;
}

bool starts_with(Bytes bytes, std::string_view text) noexcept {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

constexpr std::string_view kExifPrefix("Exif\0\0", 6);

}  // namespace

int exif_orientation(Bytes tiff) noexcept {
  if (starts_with(tiff, kExifPrefix)) tiff = tiff.subspan(kExifPrefix.size());
  if (tiff.size() < 8) return 0;
  const bool big = starts_with(tiff, "MM");
  if ((!big && !starts_with(tiff, "II")) || read16(tiff, 2, big) != 42) return 0;
  const std::size_t directory = read32(tiff, 4, big);
  if (directory + 2 > tiff.size()) return 0;
  const std::size_t entries = read16(tiff, directory, big);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;  // tag, type, count, value: 2+2+4+4 bytes
    if (entry + 12 > tiff.size()) return 0;
    if (read16(tiff, entry, big) != 0x0112) continue;
    const std::uint32_t type = read16(tiff, entry + 2, big);
    if (read32(tiff, entry + 4, big) != 1) return 0;
    std::uint32_t value = 0;
    if (type == 3)
      value = read16(tiff, entry + 8, big);  // SHORT, as the standard says
    else if (type == 4)
      value = read32(tiff, entry + 8, big);  // LONG, as some writers do
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 0;
  }
  return 0;
}

Bytes find_jpeg_exif(Bytes file) noexcept {
  std::size_t at = 2;  // after SOI
  while (at + 4 <= file.size()) {
    if (byte_at(file, at) != 0xff) return {};
    const std::uint32_t marker = byte_at(file, at + 1);
    if (marker == 0xff) {  // fill byte
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) return {};             // picture data follows, or nothing
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {  // markers without a length
      at += 2;
      continue;
    }
    const std::size_t length = read16(file, at + 2, true);
    if (length < 2 || at + 2 + length > file.size()) return {};
    const Bytes payload = file.subspan(at + 4, length - 2);
    if (marker == 0xe1 && starts_with(payload, kExifPrefix)) return payload;
    at += 2 + length;
  }
  return {};
}

Bytes find_png_exif(Bytes file) noexcept {
  std::size_t at = 8;               // after the signature
  while (at + 12 <= file.size()) {  // length, name, data, check sum
    const std::size_t length = read32(file, at, true);
    if (length > file.size() - at - 12) return {};
    if (starts_with(file.subspan(at + 4), "eXIf")) return file.subspan(at + 8, length);
    at += 12 + length;
  }
  return {};
}

Bytes find_webp_exif(Bytes file) noexcept {
  std::size_t at = 12;  // after RIFF, size, WEBP
  while (at + 8 <= file.size()) {
    const std::size_t length = read32(file, at + 4, false);
    if (length > file.size() - at - 8) return {};
    if (starts_with(file.subspan(at), "EXIF")) return file.subspan(at + 8, length);
    at += 8 + length + (length & 1);  // chunks are padded to even length
  }
  return {};
}

}  // namespace kite
