// SPDX-License-Identifier: Apache-2.0
// MaxPool for ONNX's channels-first tensors and, as paperkite.MaxPool, for channels-last ones.
// y = the largest input under the window; padding takes no part and NaN wins. A window without any input (dilation
// can step over all of it) gives the lowest value of the type.
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/pool.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using MaxPoolTypes = TypeList<float, double, std::int8_t, std::uint8_t>;

template <typename T>
struct Largest {
  T value =
      std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  std::int64_t pixel = -1;  // the first input that holds the value; -1 where no input lies under the window
};

template <typename T>
Largest<T> find_largest(const Window& window, const PoolTaps& taps, const T* x, std::int64_t step) {
  Largest<T> largest;
  for_each_pixel(window, taps, [&](std::int64_t pixel) {
    const T value = x[pixel * step];
    const bool is_nan = value != value;
    const bool holds_nan = largest.value != largest.value;
    if (value > largest.value || (is_nan && !holds_nan) || largest.pixel < 0) largest = {value, pixel};
  });
  return largest;
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(require_dtype(context, 0, MaxPoolTypes{}));
  KITE_TRY_ASSIGN(const Pooling pool, infer_pooling(context, PoolLayout::kChannelsFirst));
  KITE_TRY_ASSIGN(const std::int64_t order, context.get_int("storage_order", 0));
  if (order != 0 && order != 1) {
    return context.invalid("attribute 'storage_order' is " + std::to_string(order) + ", expected 0 or 1");
  }
  if (!context.has_output(1)) return {};
  std::array<std::int64_t, kMaxSpatial + 2> dims{pool.batch, pool.channels};
  std::size_t rank = 2;
  for (const WindowAxis& axis : pool.window.spatial()) dims[rank++] = axis.out;
  return context.set_output(1, DType::kInt64, std::span<const std::int64_t>(dims).first(rank));
}

// storage_order 1 counts pixels with the first spatial axis fastest.
std::int64_t column_major(const Window& window, std::int64_t pixel) {
  const std::int64_t width = window.width().in;
  const std::int64_t height = window.height().in;
  const std::int64_t w = pixel % width;
  const std::int64_t h = pixel / width % height;
  const std::int64_t d = pixel / width / height;
  return d + (h + w * height) * window.depth().in;
}

template <typename T>
void pool_with_indices(const Pooling& pool, Share share, bool columns_first, const T* x, T* y, std::int64_t* indices) {
  for_each_window(pool, share, x, y,
                  [&](const T* in, std::int64_t step, const PoolTaps& taps, T* out, std::int64_t plane) {
                    const Largest<T> largest = find_largest(pool.window, taps, in, step);
                    *out = largest.value;
                    const std::int64_t pixel = columns_first ? column_major(pool.window, largest.pixel) : largest.pixel;
                    indices[out - y] = largest.pixel < 0 ? -1 : plane * pool.window.in_pixels() + pixel;
                  });
}

template <typename T>
void pool_values(const Pooling& pool, Share share, const T* x, T* y) {
  for_each_window(pool, share, x, y, [&](const T* in, std::int64_t step, const PoolTaps& taps, T* out, std::int64_t) {
    *out = find_largest(pool.window, taps, in, step).value;
  });
}

Status compute(const ComputeContext& context) {
  KITE_TRY_ASSIGN(const Pooling pool, read_pooling(context, PoolLayout::kChannelsFirst));
  const bool columns_first = context.attributes.get_int("storage_order", 0) == 1;
  return dispatch(MaxPoolTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const T* x = context.inputs[0].as<T>();
    T* y = context.outputs[0].as<T>();
    if (context.has_output(1)) {
      pool_with_indices(pool, context.share, columns_first, x, y, context.outputs[1].as<std::int64_t>());
    } else {
      pool_values(pool, context.share, x, y);
    }
    return {};
  });
}

Status infer_internal(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(require_dtype(context, 0, MaxPoolTypes{}));
  KITE_TRY(infer_pooling(context, PoolLayout::kChannelsLast));
  return {};
}

Status compute_internal(const ComputeContext& context) {
  KITE_TRY_ASSIGN(const Pooling pool, read_pooling(context, PoolLayout::kChannelsLast));
  return dispatch(MaxPoolTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    pool_values(pool, context.share, context.inputs[0].as<T>(), context.outputs[0].as<T>());
    return {};
  });
}

}  // namespace

extern const Operator kMaxPoolOperator{"",      "MaxPool",       7, kLastOpset, "1 to 3 spatial axes", infer,
                                       compute, Sharing::kShared};
extern const Operator kInternalMaxPoolOperator{
    "paperkite", "MaxPool", 0, 1000, "1 to 3 spatial axes", infer_internal, compute_internal, Sharing::kShared};

}  // namespace kite
