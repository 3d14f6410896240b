// SPDX-License-Identifier: Apache-2.0
// Gaussian error linear unit: y = x/2 * (1 + erf(x / sqrt 2)), or its tanh approximation. 1 + erf(z) is taken as
// erfc(-z), which keeps its digits where erf(z) is near -1.
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.get_string("approximate", "none"));
  const std::string_view approximate = context.attributes().get_string("approximate", "none");
  if (approximate != "none" && approximate != "tanh") {
    return context.invalid("attribute 'approximate' is \"" + std::string(approximate) +
                           "\", expected \"none\" or \"tanh\"");
  }
  return infer_unary(context, FloatTypes{});
}

Status compute(const ComputeContext& context) {
  if (context.attributes.get_string("approximate", "none") == "tanh") {
    return map_smooth(context, [](double x) {
      const double scale = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // sqrt(2 / pi)
      return x / 2 * (1 + std::tanh(scale * (x + 0.044715 * x * x * x)));
    });
  }
  return map_smooth(context, [](double x) { return x / 2 * std::erfc(-x / std::numbers::sqrt2); });
}

}  // namespace

extern const Operator kGeluOperator{"", "Gelu", 20, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
