// SPDX-License-Identifier: Apache-2.0
// ScoreActivation in double: the sum of many small terms keeps its digits.
#include "api/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tensor/widen.h"

namespace kite {

namespace {

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();

// The probability of each class, or what the caller wants instead. One number of two classes becomes two.
std::vector<double> scores_of(const ScoreChoice& choice, std::span<const double> numbers) {
  std::vector<double> scores(numbers.begin(), numbers.end());
  if (choice.kind != ScoreKind::kRaw) {
    for (double& score : scores) score /= choice.divisor;
  }
  switch (choice.activation) {
    case ScoreActivation::kNone: break;
    case ScoreActivation::kExp:
      for (double& score : scores) score = std::exp(score);
      break;
    case ScoreActivation::kSigmoid:
      for (double& score : scores) score = 1 / (1 + std::exp(-score));
      break;
    case ScoreActivation::kSoftmax: {
      double largest = -std::numeric_limits<double>::infinity();
      for (const double score : scores) largest = std::fmax(largest, score);
      double sum = 0;
      for (double& score : scores) sum += score = std::exp(score - largest);
      for (double& score : scores) score /= sum;
      break;
    }
  }
  const bool is_pair = choice.row == 1 && choice.classes == 2 && choice.kind == ScoreKind::kProbabilities;
  if (is_pair && !choice.index_of) scores = {1 - scores[0], scores[0]};
  return scores;
}

// By the numbers where the activation keeps their order: probabilities that round to 0 still have an order.
std::vector<std::size_t> order_of(std::span<const double> numbers, std::size_t count) {
  std::vector<std::size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto better = [&](std::size_t a, std::size_t b) {
    const double x = numbers[a];
    const double y = numbers[b];
    // A NaN ranks last, so that the order is total.
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) || (std::isnan(y) && a < b);
    return x != y ? x > y : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), better);
  order.resize(count);
  return order;
}

std::vector<float> scores_by_class(const ScoreChoice& choice, std::span<const double> scores,
                                   std::span<const double> classes) {
  if (classes.empty()) return {scores.begin(), scores.end()};
  std::vector<float> all(static_cast<std::size_t>(std::max<std::int64_t>(choice.classes, 0)),
                         static_cast<float>(kNoScore));
  for (std::size_t i = 0; i < std::min(scores.size(), classes.size()); ++i) {
    const double index = classes[i];
    if (index >= 0 && index < static_cast<double>(all.size())) {
      all[static_cast<std::size_t>(std::llround(index))] = static_cast<float>(scores[i]);
    }
  }
  return all;
}

}  // namespace

std::vector<double> row_of(const TensorView& tensor, std::int64_t row, std::int64_t length) {
  std::vector<double> numbers(static_cast<std::size_t>(length));
  const std::byte* data = tensor.data + static_cast<std::size_t>(row * length) * dtype_size(tensor.type.dtype);
  widen(tensor.type.dtype, data, numbers);
  return numbers;
}

RankedScores rank_scores(const ScoreChoice& choice, std::span<const double> numbers, std::span<const double> classes,
                         const RankingOptions& options, const std::vector<std::string>& labels) {
  const bool has_scores = choice.kind != ScoreKind::kNone;
  std::vector<double> scores = scores_of(choice, numbers);
  const std::size_t count = std::min(static_cast<std::size_t>(std::max(options.k, 0)), scores.size());
  std::vector<std::size_t> order(count);
  if (has_scores) {
    order = order_of(scores.size() == numbers.size() ? numbers : std::span<const double>(scores), count);
  } else {
    std::iota(order.begin(), order.end(), std::size_t{0});  // as the model ranks them
    classes = numbers;
  }
  RankedScores ranked;
  if (options.keep_scores && has_scores) ranked.scores = scores_by_class(choice, scores, classes);
  for (const std::size_t i : order) {
    if (options.threshold && has_scores && !(scores[i] >= *options.threshold)) continue;
    const auto index = classes.empty() ? static_cast<std::int64_t>(i) : std::llround(classes[i]);
    const bool has_label = index >= 0 && static_cast<std::size_t>(index) < labels.size();
    ranked.top.push_back({index, has_label ? labels[static_cast<std::size_t>(index)] : std::string(),
                          static_cast<float>(has_scores ? scores[i] : kNoScore), has_scores});
  }
  return ranked;
}

}  // namespace kite
