// SPDX-License-Identifier: Apache-2.0
// PNG through libpng's row interface, with its own choice of filters. It reports errors by longjmp; the only one that
// is left here is that memory runs out.
#include "image/encode_png.h"

#include <csetjmp>
#include <cstddef>
#include <new>

#include <png.h>

#include "paperkite/try.h"

namespace kite {
namespace {

[[noreturn]] void on_png_write_error(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void on_png_write_warning(png_structp, png_const_charp) {}

// No exception may pass through libpng, which is C.
void append_bytes(png_structp png, png_bytep bytes, std::size_t count) {
  bool is_kept = true;
  try {
    static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), count);
  } catch (const std::bad_alloc&) {
    is_kept = false;
  }
  if (!is_kept) png_error(png, "out of memory");
}

void flush_nothing(png_structp) {}

// Has no objects with destructors, because a longjmp would pass over them.
bool write_rows(png_structp png, png_infop info, const std::uint8_t* rgb, Size size, std::string* file) noexcept {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_write_fn(png, file, append_bytes, flush_nothing);
  png_set_IHDR(png, info, static_cast<png_uint_32>(size.width), static_cast<png_uint_32>(size.height), 8,
               PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (std::int64_t y = 0; y < size.height; ++y) png_write_row(png, rgb + y * size.width * 3);
  png_write_end(png, nullptr);
  return true;
}

}  // namespace

Result<std::string> encode_png(std::span<const std::uint8_t> rgb, Size size) {
  KITE_CHECK(size.width > 0 && size.height > 0 && size.width <= kMaxSide && size.height <= kMaxSide);
  KITE_CHECK(rgb.size() == static_cast<std::size_t>(size.width * size.height * 3));
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, on_png_write_error, on_png_write_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  const bool is_written = info != nullptr && write_rows(png, info, rgb.data(), size, &file);
  if (png != nullptr) png_destroy_write_struct(&png, &info);
  if (!is_written) return Error{ErrorCode::kLimit, "out of memory while a picture is written as PNG", {}, {}};
  return file;
}

}  // namespace kite
