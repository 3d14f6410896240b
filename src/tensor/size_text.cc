// SPDX-License-Identifier: Apache-2.0
// Numbers with an 'x' between them.
#include "tensor/size_text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/number_text.h"

namespace kite {

namespace {

// "1x3x224x224"; nullopt for anything else, also for a dimension of 0.
std::optional<Shape> parse_shape(std::string_view text) {
  std::vector<std::int64_t> sizes;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('x', from), text.size());
    const auto size = parse_integer(text.substr(from, end - from));
    if (!size || *size < 1) return std::nullopt;
    sizes.push_back(*size);
    from = end + 1;
  }
  auto shape = Shape::make(sizes);
  return shape.ok() ? std::optional(*shape) : std::nullopt;
}

}  // namespace

std::optional<PictureSize> parse_picture_size(std::string_view text) {
  const std::size_t cross = text.find('x');
  const auto height = parse_integer(text.substr(0, cross));
  const auto width = cross == std::string_view::npos ? height : parse_integer(text.substr(cross + 1));
  constexpr std::int64_t kMostPixels = 65536;
  if (!height || !width || std::min(*height, *width) < 1 || std::max(*height, *width) > kMostPixels) {
    return std::nullopt;
  }
  return PictureSize{*height, *width};
}

// Names of inputs may hold a '=', sizes do not.
std::optional<std::pair<std::string, Shape>> parse_named_shape(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  const auto shape = parse_shape(text.substr(equals + 1));
  if (!shape) return std::nullopt;
  return std::pair(std::string(text.substr(0, equals)), *shape);
}

}  // namespace kite
