// SPDX-License-Identifier: Apache-2.0
// The standings, which the first screen shows, and its sentences.
#pragma once

#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// Made from the cells, comparisons and the control of an analysis.
[[nodiscard]] std::vector<Standings> standings_of(const Analysis& analysis, const Journal& journal);

// One sentence for each contestant, over all models: "kite answers 28 times sooner than ONNX Runtime (Python), and
// infers as fast."
[[nodiscard]] std::vector<Headline> contestant_sentences(const std::vector<Standings>& standings);

// A ratio as a factor: "28 times" for 1/28, "1.8 times"; as a percentage for a small difference: "12 %".
[[nodiscard]] std::string factor_text(double ratio);

}  // namespace kite::race
