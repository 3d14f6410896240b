// SPDX-License-Identifier: Apache-2.0
// How many pictures have which confidence.
#pragma once

#include <string>
#include <vector>

#include "paperkite/classifier.h"

namespace kite::cli {

// HTML: the plot and its numbers. `scores`: of the first labels.
[[nodiscard]] std::string histogram_plot(const std::vector<float>& scores, ScoreKind kind);

}  // namespace kite::cli
