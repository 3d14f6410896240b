// SPDX-License-Identifier: Apache-2.0
// NegativeLogLikelihoodLoss: minus the score of the target class at each place, weighted by class, and their sum or
// mean. SoftmaxCrossEntropyLoss: the same of the logarithm of the softmax over the classes.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 3));
  KITE_TRY(context.require_float(0));
  KITE_TRY(require_dtype(context, 1, IndexTypes{}));
  KITE_TRY(context.get_int("ignore_index", 0));
  KITE_TRY_ASSIGN(const std::string reduction, context.get_string("reduction", "mean"));
  if (reduction != "mean" && reduction != "sum" && reduction != "none") {
    return context.invalid("attribute 'reduction' is \"" + reduction + "\", expected none, sum or mean");
  }
  const Shape& x = context.shape(0);
  const Shape& target = context.shape(1);
  bool fits = x.rank() >= 2 && target.rank() == x.rank() - 1;
  for (int a = 0; fits && a < target.rank(); ++a) fits = target[a] == x[a == 0 ? 0 : a + 1];
  if (!fits) return context.invalid("targets " + target.to_string() + " do not fit the scores " + x.to_string());
  if (context.has_input(2)) {
    KITE_TRY(context.require_same_dtype(0, 2));
    const Shape& weight = context.shape(2);
    if (weight.rank() != 1 || weight[0] != x[1]) {
      return context.invalid("weights " + weight.to_string() + " for " + std::to_string(x[1]) + " classes");
    }
  }
  const bool is_reduced = reduction != "none";
  context.set_terms(is_reduced ? 2 * x.elements() : 2 * x[1]);
  return context.set_output(0, TensorType{context.input(0).dtype, is_reduced ? Shape{} : target});
}

Status infer_softmax(InferContext& context) {
  KITE_TRY(infer(context));
  return context.set_output(1, context.input(0));
}

// Scores [batch, classes, places], of the classes at one place.
template <typename T>
struct Scores {
  const T* x;
  std::int64_t classes;
  std::int64_t step;  // from one class to the next

  [[nodiscard]] double at(std::int64_t c) const { return static_cast<double>(x[c * step]); }
  // log(sum of exp), which the softmax's logarithm subtracts.
  [[nodiscard]] double log_sum() const {
    double most = -std::numeric_limits<double>::infinity();
    for (std::int64_t c = 0; c < classes; ++c) most = std::max(most, at(c));
    double sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(at(c) - most);
    return most + std::log(sum);
  }
};

template <typename T>
Status compute_typed(const ComputeContext& context, bool of_softmax) {
  const Shape& shape = context.inputs[0].type.shape;
  const std::int64_t places = shape.elements(2, shape.rank());
  const std::int64_t classes = shape[1];
  const IndexView target(context.inputs[1]);
  const T* weights = context.has_input(2) ? context.inputs[2].as<T>() : nullptr;
  T* log_softmax = context.has_output(1) ? context.outputs[1].as<T>() : nullptr;
  std::optional<std::int64_t> ignored;
  if (context.attributes.has("ignore_index")) ignored = context.attributes.get_int("ignore_index", 0);
  const std::string_view reduction = context.attributes.get_string("reduction", "mean");
  double sum = 0;
  double weight_sum = 0;
  for (std::int64_t i = 0; i < target.size(); ++i) {
    const std::int64_t start = i / places * classes * places + i % places;
    const Scores<T> scores{context.inputs[0].as<T>() + start, classes, places};
    const double shift = of_softmax ? scores.log_sum() : 0;
    for (std::int64_t c = 0; log_softmax != nullptr && c < classes; ++c) {
      log_softmax[start + c * places] = static_cast<T>(scores.at(c) - shift);
    }
    double weight = 0;
    double loss = 0;
    if (target[i] != ignored) {
      if (target[i] < 0 || target[i] >= classes) {
        return Error{ErrorCode::kInvalidInput,
                     "target " + std::to_string(target[i]) + " is outside [0, " + std::to_string(classes) + ")",
                     {},
                     {}};
      }
      weight = weights == nullptr ? 1 : static_cast<double>(weights[target[i]]);
      loss = (shift - scores.at(target[i])) * weight;
    }
    if (reduction == "none" && context.has_output(0)) context.outputs[0].as<T>()[i] = static_cast<T>(loss);
    sum += loss;
    weight_sum += weight;
  }
  if (reduction != "none" && context.has_output(0)) {
    *context.outputs[0].as<T>() = static_cast<T>(reduction == "mean" ? sum / weight_sum : sum);
  }
  return {};
}

template <bool kOfSoftmax>
Status compute(const ComputeContext& context) {
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype,
                  [&]<typename T>() -> Status { return compute_typed<T>(context, kOfSoftmax); });
}

}  // namespace

extern constinit const Operator kNegativeLogLikelihoodLossOperator = {
    "", "NegativeLogLikelihoodLoss", 12, kLastOpset, "", infer, compute<false>};
extern constinit const Operator kSoftmaxCrossEntropyLossOperator = {
    "", "SoftmaxCrossEntropyLoss", 12, kLastOpset, "", infer_softmax, compute<true>};

}  // namespace kite
