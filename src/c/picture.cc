// SPDX-License-Identifier: Apache-2.0
// Pictures of paperkite.h: a file, its bytes, or pixels; copied or borrowed.
#include <algorithm>
#include <cstring>
#include <span>

#include "base/checked.h"
#include "c/boundary.h"

namespace kite {

namespace {

using NewPicture = Result<std::unique_ptr<paperkite_picture>>;

NewPicture picture_of_file(const char* path) {
  KITE_TRY(check_path(path, "paperkite_picture_from_file"));
  return std::make_unique<paperkite_picture>(paperkite_picture{std::string(path), {}});
}

NewPicture picture_of_bytes(const void* bytes, std::size_t size, std::int32_t ownership) {
  constexpr const char* kFunction = "paperkite_picture_from_bytes";
  KITE_TRY(check_bytes(bytes, size, kFunction));
  KITE_TRY_ASSIGN(const bool borrowed, is_borrowed(ownership, kFunction));
  const auto* const first = static_cast<const std::byte*>(bytes);
  auto picture = std::make_unique<paperkite_picture>();
  if (!borrowed) picture->copy.assign(first, first + size);
  picture->picture = borrowed ? std::span(first, size) : std::span<const std::byte>(picture->copy);
  return picture;
}

constexpr const char* kFromPixels = "paperkite_picture_from_pixels";

Error refused_pixels(const std::string& what, const char* remedy) {
  return {ErrorCode::kUsage, what, kFromPixels, remedy};
}

// The bytes of a row of `view` without a gap; errors where the numbers are those of no picture.
Result<std::int64_t> row_bytes_of(const PixelView& view) {
  if (view.height < 1 || view.width < 1) {
    return refused_pixels(
        "a picture of " + std::to_string(view.height) + " x " + std::to_string(view.width) + " pixels",
        "both are at least 1");
  }
  if (view.channels != 1 && view.channels != 3) {
    return refused_pixels(std::to_string(view.channels) + " channels", "1 is grey, 3 are red, green and blue");
  }
  if (view.exif_orientation < 0 || view.exif_orientation > 8) {
    return refused_pixels("an orientation of " + std::to_string(view.exif_orientation), "it is 1 to 8, or 0 for none");
  }
  const auto row_bytes = (Checked(view.width) * view.channels).exact();
  const auto bytes = (Checked(view.height) * std::max(view.row_stride, row_bytes.value_or(0))).exact();
  if (!row_bytes || !bytes) return refused_pixels("more pixels than memory can hold", "");
  if (view.row_stride != 0 && view.row_stride < *row_bytes) {
    return refused_pixels("a row stride of " + std::to_string(view.row_stride) + " bytes",
                          ("a row of these pixels has " + std::to_string(*row_bytes) + " bytes").c_str());
  }
  return *row_bytes;
}

NewPicture picture_of_pixels(PixelView view, std::int32_t ownership) {
  KITE_TRY(check_given(view.data, "pointer to the pixels", kFromPixels));
  KITE_TRY_ASSIGN(const std::int64_t row_bytes, row_bytes_of(view));
  KITE_TRY_ASSIGN(const bool borrowed, is_borrowed(ownership, kFromPixels));
  auto picture = std::make_unique<paperkite_picture>();
  if (!borrowed) {
    // The last row may end where its pixels do: a gap after it is not touched.
    const std::int64_t stride = view.row_stride == 0 ? row_bytes : view.row_stride;
    picture->copy.resize(static_cast<std::size_t>(view.height * row_bytes));
    for (std::int64_t y = 0; y < view.height; ++y) {
      std::memcpy(picture->copy.data() + y * row_bytes, view.data + y * stride, static_cast<std::size_t>(row_bytes));
    }
    view.data = reinterpret_cast<const std::uint8_t*>(picture->copy.data());
    view.row_stride = 0;
  }
  picture->picture = view;
  return picture;
}

}  // namespace

}  // namespace kite

extern "C" {

paperkite_error* paperkite_picture_from_file(const char* path, paperkite_picture** picture) {
  return kite::guarded_into("paperkite_picture_from_file", picture, [&] { return kite::picture_of_file(path); });
}

paperkite_error* paperkite_picture_from_bytes(const void* bytes, std::size_t size, std::int32_t ownership,
                                              paperkite_picture** picture) {
  return kite::guarded_into("paperkite_picture_from_bytes", picture,
                            [&] { return kite::picture_of_bytes(bytes, size, ownership); });
}

paperkite_error* paperkite_picture_from_pixels(const std::uint8_t* pixels, std::int64_t height, std::int64_t width,
                                               std::int32_t channels, std::int64_t row_stride,
                                               std::int32_t exif_orientation, std::int32_t ownership,
                                               paperkite_picture** picture) {
  return kite::guarded_into(kite::kFromPixels, picture, [&] {
    return kite::picture_of_pixels({pixels, height, width, channels, row_stride, exif_orientation}, ownership);
  });
}

void paperkite_picture_free(paperkite_picture* picture) { delete picture; }

}  // extern "C"
