// SPDX-License-Identifier: Apache-2.0
// QLinearAveragePool and QLinearGlobalAveragePool: the mean of the 8-bit inputs under a window, an exact integer sum,
// rounded once to y's 8 bits. Padding that is counted adds the real number 0.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/pool.h"
#include "ops/quantization.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Inputs: x, its scale and zero point, y's.
Result<DType> check_operands(const InferContext& context) {
  KITE_TRY(context.require_inputs(4, 5));
  KITE_TRY(require_dtype(context, 0, QuantizedTypes{}));
  KITE_TRY(require_scale(context, 1));
  KITE_TRY(require_zero_point(context, 2, context.input(0).dtype));
  KITE_TRY(require_scale(context, 3));
  return result_type(context, 4);
}

PoolLayout layout_of(const Attributes& attributes) {
  return attributes.get_int("channels_last", 0) != 0 ? PoolLayout::kChannelsLast : PoolLayout::kChannelsFirst;
}

// From a sum of elements without their zero point and their count to the bits of y.
class Mean {
 public:
  explicit Mean(const ComputeContext& context)
      : x_scale_(scale_of(context, 1)),
        y_scale_(scale_of(context, 3)),
        rounding_(context.outputs[0].type.dtype, ZeroPoints(context, 4)[0]) {}
  [[nodiscard]] std::byte operator()(std::int64_t sum, double count) const noexcept {
    return rounding_(count == 0 ? 0.0 : static_cast<double>(sum) / count * x_scale_ / y_scale_);
  }

 private:
  double x_scale_;
  double y_scale_;
  Rounding rounding_;
};

Status infer_window_mean(InferContext& context) {
  KITE_TRY_ASSIGN(const DType dtype, check_operands(context));
  KITE_TRY(context.get_int("count_include_pad", 0));
  KITE_TRY(context.get_int("channels_last", 0));
  KITE_TRY(infer_pooling(context, layout_of(context.attributes()), dtype));
  return {};
}

Status compute_window_mean(const ComputeContext& context) {
  KITE_TRY_ASSIGN(const Pooling pool, read_pooling(context, layout_of(context.attributes)));
  const bool include_pad = context.attributes.get_int("count_include_pad", 0) != 0;
  const std::int32_t zero = ZeroPoints(context, 2)[0];
  const Mean mean(context);
  std::byte* y = context.outputs[0].data;
  return dispatch(QuantizedTypes{}, context.inputs[0].type.dtype, [&]<typename X>() -> Status {
    // for_each_window() walks y in the type of x: one byte either way.
    const auto average = [&](const X* in, std::int64_t step, const PoolTaps& taps, X* out, std::int64_t) {
      std::int64_t sum = 0;
      for_each_pixel(pool.window, taps, [&](std::int64_t pixel) { sum += in[pixel * step] - zero; });
      double count = 1;
      for (std::size_t i = 0; i < kMaxSpatial; ++i) {
        count *= static_cast<double>(include_pad ? pool.window.axes[i].padded_taps(taps.out[i])
                                                 : std::max<std::int64_t>(taps.last[i] - taps.first[i], 0));
      }
      *reinterpret_cast<std::byte*>(out) = mean(sum, count);
    };
    for_each_window(pool, context.share, context.inputs[0].as<X>(), reinterpret_cast<X*>(y), average);
    return {};
  });
}

Status infer_global_mean(InferContext& context) {
  KITE_TRY_ASSIGN(const DType dtype, check_operands(context));
  KITE_TRY_ASSIGN(const std::int64_t channels_last, context.get_int("channels_last", 0));
  const Shape& x = context.shape(0);
  if (x.rank() < 3) {
    return context.invalid("input has shape " + x.to_string() + ", expected batch, channels and spatial axes");
  }
  std::vector<std::int64_t> dims(static_cast<std::size_t>(x.rank()), 1);
  const int channel_axis = channels_last != 0 ? x.rank() - 1 : 1;
  dims[0] = x[0];
  dims[static_cast<std::size_t>(channel_axis)] = x[channel_axis];
  return context.set_output(0, dtype, dims);
}

Status compute_global_mean(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const Shape& shape = x.type.shape;
  const bool channels_last = context.attributes.get_int("channels_last", 0) != 0;
  const std::int64_t channels = shape[channels_last ? shape.rank() - 1 : 1];
  const std::int64_t pixels = channels_last ? shape.elements(1, shape.rank() - 1) : shape.elements(2, shape.rank());
  const std::int64_t step = channels_last ? channels : 1;
  const std::int32_t zero = ZeroPoints(context, 2)[0];
  const Mean mean(context);
  const auto [begin, end] = context.share.of(shape[0] * channels);
  for (std::int64_t plane = begin; plane < end; ++plane) {
    const std::int64_t n = plane / channels;
    const std::int64_t c = plane % channels;
    const std::int64_t first = channels_last ? n * pixels * channels + c : plane * pixels;
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < pixels; ++i) sum += quantized_at(x, first + i * step) - zero;
    context.outputs[0].data[plane] = mean(sum, static_cast<double>(pixels));
  }
  return {};
}

}  // namespace

constexpr std::string_view kLimits = "uint8 and int8; float32 scales; 1 to 3 spatial axes";

extern const Operator kQLinearAveragePoolOperator{
    "com.microsoft", "QLinearAveragePool", 1, 1, kLimits, infer_window_mean, compute_window_mean, Sharing::kShared};
extern const Operator kQLinearGlobalAveragePoolOperator{"com.microsoft",
                                                        "QLinearGlobalAveragePool",
                                                        1,
                                                        1,
                                                        "uint8 and int8; float32 scales",
                                                        infer_global_mean,
                                                        compute_global_mean,
                                                        Sharing::kShared};

}  // namespace kite
