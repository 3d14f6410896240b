// SPDX-License-Identifier: Apache-2.0
// Checks that the rows can exist, and copies them one by one.
#include "image/pixels.h"

#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "base/checked.h"
#include "paperkite/try.h"

namespace kite {

namespace {

class PixelRows final : public RowReader {
 public:
  explicit PixelRows(const DecodedPixels& pixels) : pixels_(pixels), next_(pixels.data) {
    size_ = pixels.size;
    facts_.pixel_format = pixels.channels == 1 ? "8-bit grey pixels" : "8-bit RGB pixels";
    facts_.exif_orientation = pixels.exif_orientation;
    facts_.is_opaque = true;
  }

  Status read_row(std::uint8_t* rgb) override {
    if (pixels_.channels == 3) {
      std::memcpy(rgb, next_, static_cast<std::size_t>(size_.width) * 3);
    } else {
      for (std::int64_t x = 0; x < size_.width; ++x) std::memset(rgb + 3 * x, next_[x], 3);
    }
    // Behind the last row there may be no address.
    if (++rows_ < size_.height) next_ += pixels_.row_stride;
    return {};
  }

 private:
  DecodedPixels pixels_;
  const std::uint8_t* next_;
  std::int64_t rows_ = 0;
};

Error no_picture(std::string what) { return {ErrorCode::kInvalidImage, std::move(what), {}, {}}; }

// With the stride in place of 0.
Result<DecodedPixels> checked(DecodedPixels pixels, const Limits& limits) {
  if (pixels.channels != 1 && pixels.channels != 3) {
    return Error{ErrorCode::kInvalidImage,
                 "pixels of " + std::to_string(pixels.channels) + " channels",
                 {},
                 "hand over 1 channel (grey) or 3 (red, green, blue)"};
  }
  if (Status fits = check_picture_size(pixels.size, limits); !fits.ok()) {
    Error error = std::move(fits).error();
    error.where.clear();  // there is no header
    return error;
  }
  const std::int64_t row_bytes = pixels.size.width * pixels.channels;
  if (pixels.row_stride == 0) pixels.row_stride = row_bytes;
  if (pixels.row_stride < row_bytes) {
    return no_picture("rows of " + std::to_string(row_bytes) + " bytes cannot begin " +
                      std::to_string(pixels.row_stride) + " bytes apart");
  }
  if (!(Checked(pixels.row_stride) * pixels.size.height).at_most(std::numeric_limits<std::int64_t>::max())) {
    return no_picture(std::to_string(pixels.size.height) + " rows that begin " + std::to_string(pixels.row_stride) +
                      " bytes apart fit in no memory");
  }
  if (pixels.exif_orientation < 0 || pixels.exif_orientation > 8) {
    return no_picture("an EXIF orientation of " + std::to_string(pixels.exif_orientation) + ", it is 1 to 8");
  }
  if (pixels.data == nullptr) return no_picture("there are no pixels at the null address");
  return pixels;
}

}  // namespace

Result<std::unique_ptr<RowReader>> open_pixels(const DecodedPixels& pixels, ExifPolicy exif, const Limits& limits) {
  KITE_TRY_ASSIGN(const DecodedPixels rows, checked(pixels, limits));
  return oriented(std::make_unique<PixelRows>(rows), exif);
}

}  // namespace kite
