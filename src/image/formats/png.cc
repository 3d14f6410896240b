// SPDX-License-Identifier: Apache-2.0
// PNG through libpng, which only decompresses and unfilters. This file converts the stored samples to RGB itself,
// because Pillow's convert("RGB") differs from libpng's conversions (16-bit grey saturates, transparency is dropped).
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <png.h>

#include "base/checked.h"
#include "image/formats/codec.h"
#include "image/formats/png_metadata.h"
#include "image/formats/rgb_rows.h"
#include "paperkite/try.h"

namespace kite {
namespace {

struct Source {
  const std::byte* next;
  std::size_t left;
  bool ran_dry;
};

struct PngError {
  char text[160];
  bool is_out_of_memory;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* state = static_cast<PngError*>(png_get_error_ptr(png));
  std::strncpy(state->text, message, sizeof(state->text) - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

// Allocates as libpng does, and also records a failure. When memory runs out, zlib reports only that it could not
// start, and the error must say that memory was the cause.
png_voidp allocate(png_structp png, png_alloc_size_t size_bytes) {
  void* memory = std::malloc(size_bytes);
  if (memory == nullptr) static_cast<PngError*>(png_get_mem_ptr(png))->is_out_of_memory = true;
  return memory;
}

void release(png_structp, png_voidp memory) { std::free(memory); }

void read_bytes(png_structp png, png_bytep to, std::size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->left) {
    source->ran_dry = true;
    png_error(png, "unexpected end of file");
  }
  std::memcpy(to, source->next, count);
  source->next += count;
  source->left -= count;
}

std::string describe(int colour_type, int bit_depth, bool interlaced) {
  std::string text = std::to_string(bit_depth) + "-bit ";
  switch (colour_type) {
    case PNG_COLOR_TYPE_GRAY: text += "grey"; break;
    case PNG_COLOR_TYPE_PALETTE: text += "palette"; break;
    case PNG_COLOR_TYPE_GRAY_ALPHA: text += "grey and alpha"; break;
    case PNG_COLOR_TYPE_RGB: text += "RGB"; break;
    default: text += "RGBA"; break;
  }
  return interlaced ? text + ", interlaced" : text;
}

class PngReader final : public RowReader {
 public:
  PngReader(std::span<const std::byte> bytes, const Limits& limits)
      : bytes_(bytes), limits_(limits), source_{bytes.data(), bytes.size(), false} {}
  ~PngReader() override { png_destroy_read_struct(&png_, &info_, nullptr); }

  Status open();
  Status read_row(std::uint8_t* rgb) override;

 private:
  // Each of these functions holds one setjmp and no object with a destructor. false: the text is in errors_.
  bool read_info() noexcept;
  bool prepare_rows() noexcept;
  bool read_stored_row(std::uint8_t* row) noexcept;
  bool read_interlaced() noexcept;

  void take_palette();
  Status allocate_rows();
  [[nodiscard]] Error library_error() const;

  std::span<const std::byte> bytes_;
  Limits limits_;
  Source source_;
  PngError errors_{};
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  bool interlaced_ = false;
  std::int64_t stored_row_bytes_ = 0;
  std::int64_t next_row_ = 0;
  std::unique_ptr<std::uint8_t[]> stored_;  // one row, or all rows of an interlaced picture
  PngColours colours_{};
  PngRowFunction to_rgb_ = nullptr;
};

bool PngReader::read_info() noexcept {
  png_ = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &errors_, on_error, on_warning, &errors_, allocate, release);
  info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
  if (info_ == nullptr) {
    errors_.is_out_of_memory = true;
    return false;
  }
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_set_read_fn(png_, &source_, read_bytes);
  // libpng's own limits are off: the limits are tested on the header, with a better message.
  png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
  // Only IHDR, PLTE, tRNS, IDAT and IEND are stored or decompressed: other chunks, such as texts and profiles that
  // would expand to huge sizes, are skipped.
  png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(png_, info_);
  return true;
}

bool PngReader::prepare_rows() noexcept {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_set_packing(png_);
  (void)png_set_interlace_handling(png_);
  png_read_update_info(png_, info_);
  stored_row_bytes_ = static_cast<std::int64_t>(png_get_rowbytes(png_, info_));
  return true;
}

bool PngReader::read_stored_row(std::uint8_t* row) noexcept {
  if (setjmp(png_jmpbuf(png_)) != 0) {
    // After the last row libpng reads on to the end of the compressed data. An error there does not change any pixel.
    return static_cast<std::int64_t>(png_get_current_row_number(png_)) == size_.height;
  }
  png_read_row(png_, row, nullptr);
  return true;
}

bool PngReader::read_interlaced() noexcept {
  if (setjmp(png_jmpbuf(png_)) != 0) return png_get_current_pass_number(png_) >= PNG_INTERLACE_ADAM7_PASSES;
  for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; ++pass) {
    for (std::int64_t y = 0; y < size_.height; ++y) {
      png_read_row(png_, stored_.get() + y * stored_row_bytes_, nullptr);
    }
  }
  return true;
}

Error PngReader::library_error() const {
  if (errors_.is_out_of_memory) return {ErrorCode::kLimit, "libpng: out of memory", "", "use a smaller picture"};
  if (source_.ran_dry) return truncated_picture(PictureFormat::kPng, bytes_.size());
  return {ErrorCode::kInvalidImage, std::string("libpng: ") + errors_.text,
          "byte " + std::to_string(bytes_.size() - source_.left), "fetch or save the file again"};
}

void PngReader::take_palette() {
  png_colorp entries = nullptr;
  int count = 0;
  if (png_get_PLTE(png_, info_, &entries, &count) == 0) return;
  for (int i = 0; i < std::min(count, 256); ++i) {
    colours_.palette[static_cast<std::size_t>(i)] = {entries[i].red, entries[i].green, entries[i].blue};
  }
}

Status PngReader::allocate_rows() {
  const auto bytes =
      (Checked(stored_row_bytes_) * (interlaced_ ? size_.height : 1)).at_most(limits_[Limit::kCodecBytes]);
  if (bytes) {
    stored_.reset(new (std::nothrow) std::uint8_t[static_cast<std::size_t>(*bytes)]());
  }
  if (stored_ == nullptr) {
    return limits_.over(Limit::kCodecBytes, "the decoder of an interlaced PNG", "header",
                        "save it again without interlacing");
  }
  return {};
}

Status PngReader::open() {
  if (!read_info()) return library_error();
  size_ = {static_cast<std::int64_t>(png_get_image_width(png_, info_)),
           static_cast<std::int64_t>(png_get_image_height(png_, info_))};
  KITE_TRY(check_picture_size(size_, limits_));
  const int colour_type = png_get_color_type(png_, info_);
  const int bit_depth = png_get_bit_depth(png_, info_);
  interlaced_ = png_get_interlace_type(png_, info_) != PNG_INTERLACE_NONE;
  to_rgb_ = png_row_function(colour_type, bit_depth);
  if (to_rgb_ == nullptr) {
    return Error{ErrorCode::kInvalidImage, "PNG colour type " + std::to_string(colour_type) + " does not exist",
                 "header", ""};
  }
  colours_.grey_factor = static_cast<std::uint8_t>(bit_depth < 8 ? 255 / ((1 << bit_depth) - 1) : 1);
  take_palette();
  facts_.format = PictureFormat::kPng;
  facts_.pixel_format = describe(colour_type, bit_depth, interlaced_);
  facts_.is_opaque = (colour_type & PNG_COLOR_MASK_ALPHA) == 0 && png_get_valid(png_, info_, PNG_INFO_tRNS) == 0;
  if (colour_type == PNG_COLOR_TYPE_GRAY && bit_depth == 16) {
    facts_.warnings.emplace_back("16-bit grey saturates at 255, as in Pillow: most of such a picture turns white");
  }
  if (!prepare_rows()) return library_error();
  KITE_TRY(allocate_rows());
  if (interlaced_ && !read_interlaced()) return library_error();
  return {};
}

Status PngReader::read_row(std::uint8_t* rgb) {
  std::uint8_t* stored = stored_.get() + (interlaced_ ? next_row_ * stored_row_bytes_ : 0);
  if (!interlaced_ && !read_stored_row(stored)) return library_error();
  to_rgb_(colours_, stored, rgb, size_.width);
  ++next_row_;
  return {};
}

Result<std::unique_ptr<RowReader>> open_png(std::span<const std::byte> bytes, const Limits& limits) {
  auto reader = std::make_unique<PngReader>(bytes, limits);
  KITE_TRY(reader->open());
  return std::unique_ptr<RowReader>(std::move(reader));
}

bool is_png(std::string_view head) { return head.starts_with("\x89PNG\r\n\x1a\n"); }

}  // namespace

constinit const PictureCodec kPngCodec = {
    .recognises = is_png,
    .open = open_png,
    .find_metadata = find_png_metadata,
    .extensions = ".png",
};

}  // namespace kite
