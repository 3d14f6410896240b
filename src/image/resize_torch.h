// SPDX-License-Identifier: Apache-2.0
// torch's resize of 8-bit pictures (torchvision's tensor path, on processors with AVX2), byte for byte.
//
// It differs from Pillow's in three ways, and with antialias=False in a fourth:
// 1. Weights are rounded to 16-bit integers, with as many fractional bits as the largest weight of the axis permits.
// 2. The horizontal pass is always first.
// 3. "nearest" selects the pixel under the centre, computed in float32 (torchvision's NEAREST_EXACT,
//    which Hugging Face uses).
// 4. Without antialiasing the filter keeps its width when a picture becomes smaller: two pixels an axis for bilinear,
//    four for bicubic, so most pixels of a large picture are never read. The bicubic filter is then Keys' with a =
//    -0.75 and not -0.5. Where the filter reaches beyond the picture, the pixel at the border is used in place of the
//    missing.
#pragma once

#include <cstdint>
#include <vector>

#include "image/resize.h"

namespace kite {

// As make_axis_weights(). kUnsupportedModel for box and Hamming, which torchvision refuses for tensors.
[[nodiscard]] Result<AxisWeights> make_axis_weights_torch(std::int64_t in_side, std::int64_t out_side,
                                                          std::int64_t begin, std::int64_t end, Filter filter);
// The same without antialiasing. kUnsupportedModel for every filter but bilinear and bicubic.
[[nodiscard]] Result<AxisWeights> make_axis_weights_torch_aliased(std::int64_t in_side, std::int64_t out_side,
                                                                  std::int64_t begin, std::int64_t end, Filter filter);

// The input column or row of the outputs [begin, end).
[[nodiscard]] std::vector<std::int64_t> nearest_positions_torch(std::int64_t in_side, std::int64_t out_side,
                                                                std::int64_t begin, std::int64_t end);

}  // namespace kite
