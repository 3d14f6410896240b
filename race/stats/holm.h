// SPDX-License-Identifier: Apache-2.0
// Corrections for comparing several contestants with one reference: the probability of any false verdict remains that
// of a single comparison.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace kite::race {

// Holm's step-down adjusted p, in the order given (Holm 1979): the i-th smallest of m (from 0) times m - i, never less
// than the one before, at most 1. Controls the family-wise error under any dependence. A value that is absent was not
// tested: it remains absent and does not count in m.
[[nodiscard]] std::vector<std::optional<double>> holm_adjusted(std::span<const std::optional<double>> p);

// The confidence each of m intervals needs so that all of them hold at once with `confidence` (Bonferroni; Dunn 1961):
// 1 - (1 - confidence) / m. With m <= 1 the confidence does not change.
[[nodiscard]] double bonferroni_confidence(double confidence, std::int64_t m) noexcept;

}  // namespace kite::race
