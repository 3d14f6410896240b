// SPDX-License-Identifier: Apache-2.0
// Lists that are an attribute in old opsets and an input in new ones, and the checks on axes.
#include "ops/axes.h"

#include <array>
#include <string>
#include <utility>

#include "paperkite/try.h"

namespace kite {

Result<std::optional<std::vector<std::int64_t>>> list_of(const InferContext& context, std::string_view name, int input,
                                                         int input_since) {
  if (context.opset() >= input_since) {
    if (!context.has_input(input)) return std::optional<std::vector<std::int64_t>>{};
    KITE_TRY_ASSIGN(auto values, context.constant_ints(input, name));
    return std::optional{std::move(values)};
  }
  KITE_TRY_ASSIGN(auto values, context.get_ints(name));
  if (!context.attributes().has(name)) return std::optional<std::vector<std::int64_t>>{};
  return std::optional{std::move(values)};
}

Result<std::vector<int>> normalize_axes(const InferContext& context, std::span<const std::int64_t> axes, int rank) {
  std::vector<int> normal;
  std::array<bool, kMaxRank> seen{};
  for (const std::int64_t axis : axes) {
    KITE_TRY_ASSIGN(const int positive, context.normalize_axis(axis, rank));
    if (std::exchange(seen[static_cast<std::size_t>(positive)], true)) {
      return context.invalid("axis " + std::to_string(positive) + " is listed twice");
    }
    normal.push_back(positive);
  }
  return normal;
}

}  // namespace kite
