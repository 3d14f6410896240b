// SPDX-License-Identifier: Apache-2.0
// Range: start, start + delta, ... up to but not including limit.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using RangeTypes = TypeList<float, double, std::int32_t, std::int64_t, std::int16_t>;

template <typename T>
T first_element(const TensorView& view) {
  T value{};
  std::memcpy(&value, view.data, sizeof value);
  return value;
}

// max(ceil((limit - start) / delta), 0), or one more than any tensor may hold when it is that large.
template <typename T>
std::int64_t range_length(T start, T limit, T delta) {
  if constexpr (std::is_floating_point_v<T>) {
    // In float64, so that float32 ranges do not gain or lose their last element by rounding.
    const double steps =
        std::ceil((static_cast<double>(limit) - static_cast<double>(start)) / static_cast<double>(delta));
    if (!(steps > 0)) return 0;
    return steps > static_cast<double>(kMaxElements) ? kMaxElements + 1 : static_cast<std::int64_t>(steps);
  } else {
    if ((delta > 0) != (limit > start) || limit == start) return 0;
    const auto bits = [](T value) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)); };
    // As unsigned distances neither the subtraction nor the negation can overflow.
    const std::uint64_t distance = delta > 0 ? bits(limit) - bits(start) : bits(start) - bits(limit);
    const std::uint64_t stride = delta > 0 ? bits(delta) : std::uint64_t{0} - bits(delta);
    const std::uint64_t steps = (distance - 1) / stride + 1;
    return steps > static_cast<std::uint64_t>(kMaxElements) ? kMaxElements + 1 : static_cast<std::int64_t>(steps);
  }
}

template <typename T>
Result<std::int64_t> checked_length(const InferContext& context) {
  const T start = first_element<T>(*context.constant(0));
  const T limit = first_element<T>(*context.constant(1));
  const T delta = first_element<T>(*context.constant(2));
  if (delta == T{0}) return context.invalid("input 'delta' is 0");
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(start) || !std::isfinite(limit) || !std::isfinite(delta)) {
      return context.invalid("start, limit and delta must be finite");
    }
  }
  return range_length<T>(start, limit, delta);
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 3));
  KITE_TRY(require_dtype(context, 0, RangeTypes{}));
  // Half-precision ranges are computed in float32.
  KITE_TRY_ASSIGN(const std::int64_t stash, context.get_int("stash_type", 1));
  if (stash != 1) return context.unsupported("attribute 'stash_type' is not float32 (1)");
  for (int i = 0; i < 3; ++i) {
    KITE_TRY(context.require_same_dtype(0, i));
    if (context.shape(i).rank() > 1 || context.shape(i).elements() != 1) {
      return context.invalid("input " + std::to_string(i) + " must be a scalar, found shape " +
                             context.shape(i).to_string());
    }
    if (context.constant(i) == nullptr) {
      return context.unsupported("input " + std::to_string(i) +
                                 " is only known at run time, so the output shape would depend on data");
    }
  }
  std::int64_t length = 0;
  KITE_TRY(dispatch(RangeTypes{}, context.input(0).dtype, [&]<typename T>() -> Status {
    KITE_TRY_ASSIGN(length, checked_length<T>(context));
    return {};
  }));
  const std::vector<std::int64_t> dims = {length};
  return context.set_output(0, context.input(0).dtype, dims);
}

Status compute(const ComputeContext& context) {
  const MutableTensorView& y = context.outputs[0];
  return dispatch(RangeTypes{}, y.type.dtype, [&]<typename T>() -> Status {
    const T start = *context.inputs[0].as<T>();
    const T delta = *context.inputs[2].as<T>();
    for (std::int64_t i = 0; i < y.type.shape.elements(); ++i) {
      y.as<T>()[i] = wrapping_add(start, wrapping_mul(static_cast<T>(i), delta));
    }
    return {};
  });
}

}  // namespace

extern const Operator kRangeOperator = {"",    "Range", 11, kLastOpset, "start, limit and delta must be constant",
                                        infer, compute};

}  // namespace kite
