// SPDX-License-Identifier: Apache-2.0
// Compares the two ways to read blocked weights.
#include "graph/blocked_filters.h"

#include <algorithm>
#include <cmath>

namespace kite {

namespace {

// Each channel is taken for normally distributed with a variance of its own. Minus the logarithm of the likelihood is
// then n/2 * ln(variance) for a channel of n weights, up to what is the same for every way to read the weights.
// Channels of zeros count as a variance of 1e-12 of the mean: filling up with zeros is the strongest sign.
//
// Where all weights are of one distribution, the sum differs between two ways to read them by chance, with a variance
// of
// ((kurtosis - 1) / 2)^2 for each channel, which is 1 for a normal distribution.
struct Evidence {
  double likelihood = 0;
  double chance = 0;

  void add(const std::vector<double>& squares, double count, double kurtosis) {
    double mean = 0;
    for (const double sum : squares) mean += sum / count / static_cast<double>(squares.size());
    if (!(mean > 0) || !std::isfinite(mean)) return;
    for (const double sum : squares) likelihood -= count / 2 * std::log(sum / count + 1e-12 * mean);
    const double deviation = std::max((kurtosis - 1) / 2, 1.0);
    chance += static_cast<double>(squares.size()) * deviation * deviation;
  }
};

void add_evidence(const BlockedFilters& filters, std::int64_t block, Evidence& evidence) {
  std::vector<double> of_outputs(static_cast<std::size_t>(filters.out()));
  std::vector<double> of_inputs(static_cast<std::size_t>(filters.in()));
  double weights = 0;
  double squares = 0;
  double fourth_powers = 0;
  filters.for_each(block, [&](std::int64_t o, std::int64_t i, std::int64_t, float weight) {
    const double square = static_cast<double>(weight) * static_cast<double>(weight);
    of_outputs[static_cast<std::size_t>(o)] += square;
    of_inputs[static_cast<std::size_t>(i)] += square;
    squares += square;
    fourth_powers += square * square;
    ++weights;
  });
  if (!(squares > 0)) return;
  const double kurtosis = weights * fourth_powers / (squares * squares);
  evidence.add(of_outputs, weights / static_cast<double>(filters.out()), kurtosis);
  if (filters.in_blocks()) evidence.add(of_inputs, weights / static_cast<double>(filters.in()), kurtosis);
}

}  // namespace

std::int64_t likely_block(const std::vector<BlockedFilters>& all) {
  Evidence of_8;
  Evidence of_16;
  for (const BlockedFilters& filters : all) {
    add_evidence(filters, 8, of_8);
    add_evidence(filters, 16, of_16);
  }
  const double by_chance = 20 + 5 * std::sqrt(of_8.chance);
  const double difference = of_16.likelihood - of_8.likelihood;
  if (std::abs(difference) <= by_chance) return 0;
  return difference > 0 ? 16 : 8;
}

}  // namespace kite
