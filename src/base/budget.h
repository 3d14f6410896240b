// SPDX-License-Identifier: Apache-2.0
// What opening one model may cost. A file of two kilobytes can ask for terabytes or for hours.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.h"

namespace kite {

// What may still be spent of the limits of a model (base/limits.inc). One budget accompanies a model from the parser to
// the planner, and each of these takes from it before it spends. When records, files or steps of plan making run out,
// that is an error of code kLimit. When the bytes or the steps for constants run out, that is no error: the constant is
// computed in each run instead of once at opening.
class Budget {
 public:
  Budget() = default;
  explicit Budget(const Limits& limits) noexcept : limits_(limits), left_(limits) {}

  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
  [[nodiscard]] std::int64_t left(Limit limit) const noexcept { return left_[limit]; }
  [[nodiscard]] std::int64_t spent(Limit limit) const noexcept { return limits_[limit] - left_[limit]; }

  // Takes `count` (at least 0). False where less is left; then nothing is left, and the caller returns over().
  [[nodiscard]] bool take(Limit limit, std::int64_t count = 1) noexcept {
    const bool is_left = count <= left_[limit];
    left_[limit] = is_left ? left_[limit] - count : -1;
    return is_left;
  }
  // The same as an Error: "the model has more than 5 nodes".
  [[nodiscard]] Status charge(Limit limit, std::int64_t count = 1, std::string where = {},
                              std::string_view remedy = {}) {
    if (take(limit, count)) return {};
    return limits_.over(limit, "the model", std::move(where), remedy);
  }

  // For those who know better than the limits what may be spent: tests, and fuzzers, which have little time.
  void set_left(Limit limit, std::int64_t count) noexcept { left_[limit] = count; }

  // Called for each file of the model, with its size: a large model may cost more, in proportion. 16 times the bytes is
  // enough for two versions of 4-bit weights in float32; 8 steps for each byte are two passes over 4-bit weights, or
  // eight passes over float32. One step takes 0.7 to 7 ns.
  void grow(std::int64_t bytes) noexcept {
    constexpr std::int64_t kMost = std::int64_t{1} << 32;  // since a sparse file may state any size
    bytes = std::clamp<std::int64_t>(bytes, 0, kMost);
    grow(Limit::kConstantBytes, 16 * bytes, kMost);
    grow(Limit::kConstantSteps, 8 * bytes, kMost);
  }

 private:
  // A limit that was lowered does not grow.
  void grow(Limit limit, std::int64_t more, std::int64_t most) noexcept {
    if (limits_[limit] < row_of(limit).standard) return;
    limits_[limit] += std::clamp<std::int64_t>(most - limits_[limit], 0, more);
    left_[limit] += std::clamp<std::int64_t>(most - left_[limit], 0, more);
  }

  Limits limits_;
  Limits left_;
};

}  // namespace kite
