// SPDX-License-Identifier: Apache-2.0
// Softmax, LogSoftmax and Hardmax. From opset 13 along one axis (default -1); before that the tensor is seen as a
// matrix of rows [axis, rank) (default axis 1) and each row is normalised. NaN fills its row.
//   Softmax    y = exp(x - max) / sum of exp(x - max)
//   LogSoftmax y = (x - max) - ln(sum of exp(x - max))
//   Hardmax    y = 1 at the first largest element, 0 elsewhere
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

std::int64_t default_axis(int opset) { return opset < 13 ? 1 : -1; }

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  KITE_TRY_ASSIGN(const std::int64_t axis, context.get_int("axis", default_axis(context.opset())));
  KITE_TRY(context.normalize_axis(axis, context.shape(0).rank()));
  return context.set_output(0, context.input(0));
}

// `count` elements that lie `step` apart.
template <typename T>
struct Group {
  const T* x;
  T* y;
  std::int64_t count;
  std::int64_t step;

  [[nodiscard]] double at(std::int64_t i) const { return static_cast<double>(x[i * step]); }
  [[nodiscard]] double largest() const {
    double largest = -std::numeric_limits<double>::infinity();
    for (std::int64_t i = 0; i < count; ++i) largest = std::fmax(largest, at(i));
    return largest;
  }
  // NaN as soon as one element is: exp(NaN) is added like any other.
  [[nodiscard]] double sum_of_powers(double largest) const {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += std::exp(at(i) - largest);
    return sum;
  }
};

constexpr auto kSoft = []<typename T>(const Group<T>& group) {
  const double largest = group.largest();
  const double sum = group.sum_of_powers(largest);
  for (std::int64_t i = 0; i < group.count; ++i) {
    group.y[i * group.step] = static_cast<T>(std::exp(group.at(i) - largest) / sum);
  }
};

constexpr auto kLogSoft = []<typename T>(const Group<T>& group) {
  const double largest = group.largest();
  const double log_sum = std::log(group.sum_of_powers(largest));
  for (std::int64_t i = 0; i < group.count; ++i) {
    group.y[i * group.step] = static_cast<T>(group.at(i) - largest - log_sum);
  }
};

constexpr auto kHard = []<typename T>(const Group<T>& group) {
  std::int64_t best = 0;
  for (std::int64_t i = 0; i < group.count; ++i) {
    group.y[i * group.step] = 0;
    if (group.at(i) > group.at(best)) best = i;
  }
  if (group.count > 0) group.y[best * group.step] = 1;
};

template <auto kNormalize>
Status compute(const ComputeContext& context) {
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const Shape& shape = context.outputs[0].type.shape;
    std::int64_t axis = context.attributes.get_int("axis", default_axis(context.opset));
    if (axis < 0) axis += shape.rank();
    const int first = static_cast<int>(axis);
    const int last = context.opset < 13 ? shape.rank() : first + 1;  // axes [first, last) are normalised together
    const std::int64_t outer = shape.elements(0, first);
    const std::int64_t count = shape.elements(first, last);
    const std::int64_t inner = shape.elements(last, shape.rank());
    const T* x = context.inputs[0].as<T>();
    T* y = context.outputs[0].as<T>();
    const ElementRange groups = context.share.of(outer * inner, 1);
    for (std::int64_t group = groups.first; group < groups.last; ++group) {
      const std::int64_t at = group / inner * count * inner + group % inner;
      kNormalize(Group<T>{x + at, y + at, count, inner});
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kHardmaxOperator{
    "", "Hardmax", 7, kLastOpset, "", infer, compute<kHard>, Sharing::kShared};
extern constinit const Operator kLogSoftmaxOperator{
    "", "LogSoftmax", 7, kLastOpset, "", infer, compute<kLogSoft>, Sharing::kShared};
extern constinit const Operator kSoftmaxOperator{
    "", "Softmax", 7, kLastOpset, "", infer, compute<kSoft>, Sharing::kShared};

}  // namespace kite
