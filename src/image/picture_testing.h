// SPDX-License-Identifier: Apache-2.0
// For tests: pictures as the bytes of a file, written by the libraries that the readers use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

namespace kite {

using Bytes = std::vector<std::byte>;

inline std::vector<std::uint8_t> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> values(count);
  for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(random());
  return values;
}

inline Bytes to_bytes(const void* data, std::size_t size) {
  Bytes bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  return bytes;
}

// format: PNG_FORMAT_RGB, PNG_FORMAT_RGBA or PNG_FORMAT_GRAY.
inline Bytes png_file(int width, int height, png_uint_32 format, const std::vector<std::uint8_t>& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  png_alloc_size_t size = 0;
  EXPECT_NE(png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr), 0);
  Bytes bytes(size);
  EXPECT_NE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr), 0);
  bytes.resize(size);
  return bytes;
}

inline Bytes jpeg_file(int width, int height, const std::vector<std::uint8_t>& rgb, bool progressive) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  for (int y = 0; y < height; ++y) {
    auto* row = const_cast<JSAMPROW>(rgb.data() + 3 * y * width);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  Bytes bytes = to_bytes(buffer, size);
  std::free(buffer);
  return bytes;
}

inline Bytes webp_file(int width, int height, const std::vector<std::uint8_t>& rgb) {
  std::uint8_t* buffer = nullptr;
  const std::size_t size = WebPEncodeLosslessRGB(rgb.data(), width, height, 3 * width, &buffer);
  Bytes bytes = to_bytes(buffer, size);
  WebPFree(buffer);
  return bytes;
}

inline Bytes to_bytes(const std::string& text) { return to_bytes(text.data(), text.size()); }

// A number of `size` bytes, the lowest first.
inline std::string little(std::uint32_t value, int size) {
  std::string text;
  for (int i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

// 24 bits, bottom up.
inline Bytes bmp_file(int width, int height, const std::vector<std::uint8_t>& rgb) {
  const int stride = (3 * width + 3) / 4 * 4;
  std::string file = "BM" + little(static_cast<std::uint32_t>(54 + stride * height), 4) + little(0, 4) + little(54, 4);
  file += little(40, 4) + little(static_cast<std::uint32_t>(width), 4) + little(static_cast<std::uint32_t>(height), 4);
  file += little(1, 2) + little(24, 2) + std::string(24, '\0');
  for (int y = height - 1; y >= 0; --y) {
    std::string row(static_cast<std::size_t>(stride), '\0');
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        row[static_cast<std::size_t>(3 * x + c)] =
            static_cast<char>(rgb[static_cast<std::size_t>(3 * (y * width + x) + 2 - c)]);
      }
    }
    file += row;
  }
  return to_bytes(file);
}

// Every pixel has this index of a palette of 8, in which entry i is (i, 2i, 3i). Each pixel has a code of 4 bits, and a
// clear code after every 6 keeps it so.
inline Bytes gif_file(int width, int height, int index) {
  std::string file =
      "GIF89a" + little(static_cast<std::uint32_t>(width), 2) + little(static_cast<std::uint32_t>(height), 2);
  file += std::string("\x82\0\0", 3);
  for (int i = 0; i < 8; ++i)
    file += std::string{static_cast<char>(i), static_cast<char>(2 * i), static_cast<char>(3 * i)};
  file +=
      "," + little(0, 4) + little(static_cast<std::uint32_t>(width), 2) + little(static_cast<std::uint32_t>(height), 2);
  file += std::string("\0\3", 2);
  std::vector<int> codes;
  for (int i = 0; i < width * height; ++i) {
    if (i % 6 == 0) codes.push_back(8);
    codes.push_back(index);
  }
  codes.push_back(9);
  if (codes.size() % 2 != 0) codes.push_back(0);
  std::string packed;
  for (std::size_t i = 0; i < codes.size(); i += 2) packed += static_cast<char>(codes[i] | codes[i + 1] << 4);
  for (std::size_t at = 0; at < packed.size(); at += 255) {
    const std::string block = packed.substr(at, 255);
    file += static_cast<char>(block.size()) + block;
  }
  return to_bytes(file + std::string("\0;", 2));
}

// One strip of RGB that is not compressed, and after it the directory. `more`: further entries, 12 bytes each, of
// higher tags.
inline Bytes tiff_file(int width, int height, const std::vector<std::uint8_t>& rgb, const std::string& more = "") {
  const auto size = static_cast<std::uint32_t>(rgb.size());
  const auto entry = [](std::uint32_t tag, std::uint32_t value) {
    return little(tag, 2) + little(4, 2) + little(1, 4) + little(value, 4);
  };
  std::string file = std::string("II*\0", 4) + little(14 + size, 4);
  file += little(8, 2) + little(8, 2) + little(8, 2) + std::string(rgb.begin(), rgb.end());
  file += little(static_cast<std::uint32_t>(7 + more.size() / 12), 2);
  file += entry(256, static_cast<std::uint32_t>(width)) + entry(257, static_cast<std::uint32_t>(height));
  file += little(258, 2) + little(3, 2) + little(3, 4) + little(8, 4);
  file += entry(259, 1) + entry(262, 2) + entry(273, 14) + entry(277, 3) + more;
  return to_bytes(file + little(0, 4));
}

inline Bytes ppm_file(int width, int height, const std::vector<std::uint8_t>& rgb) {
  const std::string head = "P6\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n";
  return to_bytes(head + std::string(rgb.begin(), rgb.end()));
}

}  // namespace kite
