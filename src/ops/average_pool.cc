// SPDX-License-Identifier: Apache-2.0
// AveragePool for ONNX's channels-first tensors and, as paperkite.AveragePool, for channels-last ones.
// y = sum of the inputs under the window / how many they are; with count_include_pad the explicit padding counts as
// zeros. What ceil_mode reaches beyond the padding never counts. A window without any input gives 0.
#include <algorithm>
#include <cstdint>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/pool.h"
#include "paperkite/try.h"

namespace kite {
namespace {

template <PoolLayout layout>
Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.get_int("count_include_pad", 0));
  KITE_TRY(infer_pooling(context, layout));
  return {};
}

// In double: the taps of three axes can be more than an int64 holds where pads are absurdly wide.
double divisor(const Window& window, const PoolTaps& taps, bool include_pad) {
  double count = 1;
  for (std::size_t i = 0; i < kMaxSpatial; ++i) {
    count *= static_cast<double>(include_pad ? window.axes[i].padded_taps(taps.out[i])
                                             : std::max<std::int64_t>(taps.last[i] - taps.first[i], 0));
  }
  return count;
}

template <PoolLayout layout>
Status compute(const ComputeContext& context) {
  KITE_TRY_ASSIGN(const Pooling pool, read_pooling(context, layout));
  const bool include_pad = context.attributes.get_int("count_include_pad", 0) != 0;
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto average = [&](const T* in, std::int64_t step, const PoolTaps& taps, T* out, std::int64_t) {
      double sum = 0;
      for_each_pixel(pool.window, taps, [&](std::int64_t pixel) { sum += static_cast<double>(in[pixel * step]); });
      const double count = divisor(pool.window, taps, include_pad);
      *out = count == 0 ? T{0} : static_cast<T>(sum / count);
    };
    for_each_window(pool, context.share, context.inputs[0].as<T>(), context.outputs[0].as<T>(), average);
    return {};
  });
}

}  // namespace

extern const Operator kAveragePoolOperator{"",
                                           "AveragePool",
                                           7,
                                           kLastOpset,
                                           "1 to 3 spatial axes",
                                           infer<PoolLayout::kChannelsFirst>,
                                           compute<PoolLayout::kChannelsFirst>,
                                           Sharing::kShared};
extern const Operator kInternalAveragePoolOperator{"paperkite",
                                                   "AveragePool",
                                                   0,
                                                   1000,
                                                   "1 to 3 spatial axes",
                                                   infer<PoolLayout::kChannelsLast>,
                                                   compute<PoolLayout::kChannelsLast>,
                                                   Sharing::kShared};

}  // namespace kite
