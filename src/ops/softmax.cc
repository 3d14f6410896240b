// SPDX-License-Identifier: Apache-2.0
// y = exp(x - max) / sum of exp(x - max). From opset 13 along one axis (-1 unless told); before that the tensor is
// seen as a matrix of rows [axis, rank) (axis 1 unless told) and each row is normalised. NaN fills its row.
#include <cmath>
#include <cstdint>
#include <limits>

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

// One group of `count` elements that lie `step` apart.
template <typename T>
void normalize(const T* x, T* y, std::int64_t count, std::int64_t step) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < count; ++i) largest = std::fmax(largest, static_cast<double>(x[i * step]));
  double sum = 0;  // NaN as soon as one element is: exp(NaN) is added like any other
  for (std::int64_t i = 0; i < count; ++i) sum += std::exp(static_cast<double>(x[i * step]) - largest);
  for (std::int64_t i = 0; i < count; ++i) {
    y[i * step] = static_cast<T>(std::exp(static_cast<double>(x[i * step]) - largest) / sum);
  }
}

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
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t i = 0; i < inner; ++i) {
        const std::int64_t at = o * count * inner + i;
        normalize(x + at, y + at, count, inner);
      }
    }
    return {};
  });
}

}  // namespace

extern const Operator kSoftmaxOperator{"", "Softmax", 7, 23, "", infer, compute};

}  // namespace kite
