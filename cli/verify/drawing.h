// SPDX-License-Identifier: Apache-2.0
// A picture of a comparison, as one SVG file without references to others.
#pragma once

#include <string>

#include "cli/verify/comparison.h"
#include "paperkite/error.h"

namespace kite::cli {

// 1. Of the first picture stage that differs: ours, theirs, and their difference, amplified so that the largest one is
//    white. Of an input tensor: the difference of each channel.
// 2. Of the values: the largest difference of each, relative to its largest number, in the order of the graph.
[[nodiscard]] Result<std::string> drawing_of(const Comparison& comparison, const std::string& title,
                                             const std::string& their_title);

}  // namespace kite::cli
