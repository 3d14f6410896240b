// SPDX-License-Identifier: Apache-2.0
// Windows ML's names for pixel formats and ranges, which Custom Vision uses, too.
#pragma once

#include <array>
#include <string_view>

#include "image/recipe.h"
#include "paperkite/error.h"

namespace kite {

// "Rgb8", "Bgr8", "Rgba8", "Bgra8": the channel order (a fourth channel is dropped earlier). "Gray8" has no order.
[[nodiscard]] Status take_pixel_format(RecipeFields& fields, std::string_view format);

// "NominalRange_0_255", "Normalized_0_1", "Normalized_1_1", "NominalRange_16_235"; upper and lower case are equal.
[[nodiscard]] Status take_pixel_range(RecipeFields& fields, std::string_view range);

// (x - mean) / std for pixels x of 0..255.
void take_raw_range(RecipeFields& fields, const std::array<double, 3>& mean, const std::array<double, 3>& std);

}  // namespace kite
