// SPDX-License-Identifier: Apache-2.0
// LpPool and GlobalLpPool: y = (sum of |x|^p)^(1/p) over the inputs under a window, or over all spatial axes. Padding
// adds nothing.
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/pool.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::int64_t kDefaultOrder = 2;

double order_of(const Attributes& attributes) { return static_cast<double>(attributes.get_int("p", kDefaultOrder)); }

Status check_input(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  KITE_TRY_ASSIGN(const std::int64_t order, context.get_int("p", kDefaultOrder));
  if (order > 0) return {};
  return context.invalid("attribute 'p' is " + std::to_string(order) + ", expected more than 0");
}

// The sum of powers of one order. The common orders need no function of their own.
class Norm {
 public:
  explicit Norm(double order) : order_(order) {}
  void add(double x) noexcept {
    sum_ += order_ == 2 ? x * x : order_ == 1 ? std::fabs(x) : std::pow(std::fabs(x), order_);
  }
  [[nodiscard]] double value() const noexcept {
    return order_ == 2 ? std::sqrt(sum_) : order_ == 1 ? sum_ : std::pow(sum_, 1 / order_);
  }

 private:
  double order_;
  double sum_ = 0;
};

Status infer_windows(InferContext& context) {
  KITE_TRY(check_input(context));
  KITE_TRY(infer_pooling(context, PoolLayout::kChannelsFirst));
  return {};
}

Status compute_windows(const ComputeContext& context) {
  KITE_TRY_ASSIGN(const Pooling pool, read_pooling(context, PoolLayout::kChannelsFirst));
  const double order = order_of(context.attributes);
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    for_each_window(pool, context.share, context.inputs[0].as<T>(), context.outputs[0].as<T>(),
                    [&](const T* x, std::int64_t step, const PoolTaps& taps, T* y, std::int64_t) {
                      Norm norm(order);
                      for_each_pixel(pool.window, taps,
                                     [&](std::int64_t pixel) { norm.add(static_cast<double>(x[pixel * step])); });
                      *y = static_cast<T>(norm.value());
                    });
    return {};
  });
}

Status infer_global(InferContext& context) {
  KITE_TRY(check_input(context));
  const Shape& x = context.shape(0);
  if (x.rank() < 3) {
    return context.invalid("input has shape " + x.to_string() + ", expected batch, channels and spatial axes");
  }
  std::array<std::int64_t, kMaxRank> dims{x[0], x[1]};
  for (int axis = 2; axis < x.rank(); ++axis) dims[static_cast<std::size_t>(axis)] = 1;
  return context.set_output(0, context.input(0).dtype,
                            std::span<const std::int64_t>(dims).first(static_cast<std::size_t>(x.rank())));
}

Status compute_global(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  const std::int64_t pixels = shape.elements(2, shape.rank());
  const double order = order_of(context.attributes);
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(shape[0] * shape[1], 16);
    for (std::int64_t plane = first; plane < last; ++plane) {
      const T* x = context.inputs[0].as<T>() + plane * pixels;
      Norm norm(order);
      for (std::int64_t i = 0; i < pixels; ++i) norm.add(static_cast<double>(x[i]));
      context.outputs[0].as<T>()[plane] = static_cast<T>(norm.value());
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kGlobalLpPoolOperator = {
    "", "GlobalLpPool", 7, kLastOpset, "", infer_global, compute_global, Sharing::kShared};
extern constinit const Operator kLpPoolOperator = {
    "", "LpPool", 7, kLastOpset, "1 to 3 spatial axes", infer_windows, compute_windows, Sharing::kShared};

}  // namespace kite
