// SPDX-License-Identifier: Apache-2.0
// From the numbers of one picture to its best classes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/scores.h"
#include "paperkite/classifier.h"
#include "paperkite/tensor.h"

namespace kite {

// One picture's numbers: row `row` of a tensor whose rows have `length` elements, of any type.
[[nodiscard]] std::vector<double> row_of(const TensorView& tensor, std::int64_t row, std::int64_t length);

struct RankingOptions {
  int k = 5;
  std::optional<double> threshold{};  // classes below it are left out of `top`
  bool keep_scores = false;
};

struct RankedScores {
  std::vector<Prediction> top;  // the `k` best, best first, equal scores in index order, NaN last
  std::vector<float> scores;    // see Classification::scores
};

// `numbers`: of the output that holds the scores; `classes`: of ScoreChoice::index_of, empty where it has none.
[[nodiscard]] RankedScores rank_scores(const ScoreChoice& choice, std::span<const double> numbers,
                                       std::span<const double> classes, const RankingOptions& options,
                                       const std::vector<std::string>& labels);

}  // namespace kite
