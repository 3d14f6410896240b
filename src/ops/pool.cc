// SPDX-License-Identifier: Apache-2.0
// The checks that stand between a pooling node from a file and its loops.
#include "ops/pool.h"

#include <span>
#include <vector>

#include "paperkite/try.h"

namespace kite {
namespace {

// x.rank() >= 3 holds.
Pooling dimensions(const Shape& x, PoolLayout layout) {
  Pooling pool;
  pool.batch = x[0];
  pool.channels_last = layout == PoolLayout::kChannelsLast;
  pool.channels = pool.channels_last ? x[x.rank() - 1] : x[1];
  return pool;
}

std::span<const std::int64_t> spatial(const Shape& x, PoolLayout layout) {
  const auto count = static_cast<std::size_t>(x.rank() - 2);
  return x.dims().subspan(layout == PoolLayout::kChannelsLast ? 1 : 2, count);
}

}  // namespace

Result<Pooling> infer_pooling(InferContext& context, PoolLayout layout, std::optional<DType> dtype) {
  const Shape& x = context.shape(0);
  if (x.rank() < 3) {
    return context.invalid("input has shape " + x.to_string() + ", expected batch, channels and spatial axes");
  }
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> kernel, context.get_ints("kernel_shape"));
  if (kernel.empty()) return context.invalid("attribute 'kernel_shape' is missing");
  Pooling pool = dimensions(x, layout);
  KITE_TRY_ASSIGN(pool.window, infer_window(context, spatial(x, layout), kernel, WindowUse::kPooling));
  context.set_terms(pool.window.taps());
  std::vector<std::int64_t> dims{pool.batch};
  if (!pool.channels_last) dims.push_back(pool.channels);
  for (const WindowAxis& axis : pool.window.spatial()) dims.push_back(axis.out);
  if (pool.channels_last) dims.push_back(pool.channels);
  KITE_TRY(context.set_output(0, dtype.value_or(context.input(0).dtype), dims));
  return pool;
}

Result<Pooling> read_pooling(const ComputeContext& context, PoolLayout layout) {
  const Shape& x = context.inputs[0].type.shape;
  Pooling pool = dimensions(x, layout);
  KITE_TRY_ASSIGN(pool.window, make_window(context.attributes, spatial(x, layout),
                                           context.attributes.get_ints("kernel_shape"), WindowUse::kPooling));
  return pool;
}

PoolTaps pool_taps(const Window& window, std::int64_t od, std::int64_t oh, std::int64_t ow) noexcept {
  PoolTaps taps;
  taps.out = {od, oh, ow};
  for (std::size_t i = 0; i < kMaxSpatial; ++i) {
    taps.first[i] = window.axes[i].first_tap(taps.out[i]);
    taps.last[i] = window.axes[i].last_tap(taps.out[i]);
  }
  return taps;
}

}  // namespace kite
