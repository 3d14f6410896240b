// SPDX-License-Identifier: Apache-2.0
// A whole picture made small while its rows arrive, so that it is decoded once and never held at full size.
#pragma once

#include <cstdint>
#include <utility>

#include "image/image.h"
#include "image/resize.h"
#include "paperkite/picture_views.h"

namespace kite {

class Overview {
 public:
  // The longest side becomes `longest`, unless it is shorter already. kLimit as RowResizer::make() has it.
  [[nodiscard]] static Result<Overview> make(Size picture, std::int64_t longest);

  void push(std::int64_t y, const std::uint8_t* rgb) noexcept {
    if (y >= resizer_.first_row() && y < resizer_.end_row()) resizer_.push(y, rgb);
  }
  // After the last row.
  [[nodiscard]] RgbPicture release() && { return std::move(made_); }

 private:
  Overview(RgbPicture made, RowResizer resizer) : made_(std::move(made)), resizer_(std::move(resizer)) {}
  RgbPicture made_;
  RowResizer resizer_;  // writes into made_.rgb, whose memory stays where it is when this object is moved
};

// The picture with its longest side at most `longest`.
[[nodiscard]] Result<RgbPicture> smaller_picture(const RgbPicture& picture, std::int64_t longest);

}  // namespace kite
