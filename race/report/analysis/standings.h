// SPDX-License-Identifier: Apache-2.0
// The race in one look: what the first screen shows, and its sentences.
#pragma once

#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// From the cells, comparisons and the control of an analysis.
[[nodiscard]] std::vector<Standings> standings_of(const Analysis& analysis, const Journal& journal);

// One a contestant, over all models: "kite answers 28 times sooner than ONNX Runtime (Python), and infers as fast."
[[nodiscard]] std::vector<Headline> contestant_sentences(const std::vector<Standings>& standings);

// Of a ratio r: "28 times" of 1/28, "1.8 times", "12 %" of a small difference.
[[nodiscard]] std::string factor_text(double ratio);

}  // namespace kite::race
