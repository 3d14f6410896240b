// SPDX-License-Identifier: Apache-2.0
// RoiAlign and MaxRoiPool: rectangles of feature maps, each pooled to one size.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/checked.h"
#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr int kHalfPixelSince = 16;
// Samples along one side of one bin. A rectangle is data: it must not decide for how long this runs.
constexpr double kMostSamples = 4096;

Error no_picture(std::int64_t index, std::int64_t batch) {
  return {ErrorCode::kInvalidInput,
          "rectangle of picture " + std::to_string(index) + ", the batch has " + std::to_string(batch),
          {},
          {}};
}

Status check_rectangles(const InferContext& context, std::int64_t numbers) {
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY(context.get_float("spatial_scale", 1));
  const Shape& x = context.shape(0);
  const Shape& rois = context.shape(1);
  if (x.rank() != 4) return context.invalid("input " + x.to_string() + " must have rank 4");
  if (rois.rank() == 2 && rois[1] == numbers) return {};
  return context.invalid("rectangles " + rois.to_string() + ", expected [count," + std::to_string(numbers) + "]");
}

Status infer_align(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 3));
  KITE_TRY(check_rectangles(context, 4));
  KITE_TRY(require_dtype(context, 2, IndexTypes{}));
  const Shape& x = context.shape(0);
  const Shape& rois = context.shape(1);
  if (context.shape(2).rank() != 1 || context.shape(2)[0] != rois[0]) {
    return context.invalid("batch indices " + context.shape(2).to_string() + " for " + std::to_string(rois[0]) +
                           " rectangles");
  }
  KITE_TRY_ASSIGN(const std::string mode, context.get_string("mode", "avg"));
  if (mode != "avg" && mode != "max")
    return context.invalid("attribute 'mode' is \"" + mode + "\", expected avg or max");
  KITE_TRY_ASSIGN(const std::string corners, context.get_string("coordinate_transformation_mode", "half_pixel"));
  if (corners != "half_pixel" && corners != "output_half_pixel") {
    return context.invalid("attribute 'coordinate_transformation_mode' is \"" + corners +
                           "\", expected half_pixel or output_half_pixel");
  }
  KITE_TRY_ASSIGN(const std::int64_t height, context.get_int("output_height", 1));
  KITE_TRY_ASSIGN(const std::int64_t width, context.get_int("output_width", 1));
  KITE_TRY_ASSIGN(const std::int64_t ratio, context.get_int("sampling_ratio", 0));
  if (height < 1 || width < 1) return context.invalid("the output has no pixel");
  if (ratio < 0 || static_cast<double>(ratio) > kMostSamples) {
    return context.invalid("attribute 'sampling_ratio' is " + std::to_string(ratio));
  }
  // Without a ratio there are about as many samples as pixels; four neighbours make one.
  const Checked samples =
      ratio > 0 ? Checked(ratio) * ratio : Checked(ceil_div(x[2], height) + 1) * (ceil_div(x[3], width) + 1);
  context.set_terms((samples * 4).capped());
  return context.set_output(0, context.input(0).dtype, std::vector<std::int64_t>{rois[0], x[1], height, width});
}

// One axis of one rectangle: where it starts, how long a bin is, and how many samples a bin has.
struct Side {
  double start = 0;
  double bin = 0;
  std::int64_t samples = 0;
};

struct Bilinear {
  std::int64_t low = 0;
  std::int64_t high = 0;
  double part = 0;  // of high
  bool is_outside = false;
};

Bilinear neighbours(double at, std::int64_t size) {
  if (!(at >= -1 && at <= static_cast<double>(size))) return {0, 0, 0, true};
  at = std::max(at, 0.0);
  const auto low = static_cast<std::int64_t>(at);
  if (low >= size - 1) return {size - 1, size - 1, 0, false};
  return {low, low + 1, at - static_cast<double>(low), false};
}

// Bin (row, column) of one rectangle in one channel.
template <typename T>
double pool(const T* x, const Shape& shape, const Side& down, const Side& across, std::int64_t row, std::int64_t column,
            bool is_max) {
  const std::int64_t width = shape[3];
  double sum = 0;
  double largest = -std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < down.samples; ++i) {
    const double y_at = down.start + static_cast<double>(row) * down.bin +
                        (static_cast<double>(i) + 0.5) * down.bin / static_cast<double>(down.samples);
    const Bilinear y = neighbours(y_at, shape[2]);
    for (std::int64_t k = 0; k < across.samples; ++k) {
      const double x_at = across.start + static_cast<double>(column) * across.bin +
                          (static_cast<double>(k) + 0.5) * across.bin / static_cast<double>(across.samples);
      const Bilinear z = neighbours(x_at, width);
      std::array<double, 4> part{};
      if (!y.is_outside && !z.is_outside) {
        part = {(1 - y.part) * (1 - z.part) * static_cast<double>(x[y.low * width + z.low]),
                (1 - y.part) * z.part * static_cast<double>(x[y.low * width + z.high]),
                y.part * (1 - z.part) * static_cast<double>(x[y.high * width + z.low]),
                y.part * z.part * static_cast<double>(x[y.high * width + z.high])};
      }
      sum += part[0] + part[1] + part[2] + part[3];
      // The maximum is over the four weighted neighbours, not over their sum: so ONNX Runtime and the onnx package.
      largest = std::max({largest, part[0], part[1], part[2], part[3]});
    }
  }
  const std::int64_t count = down.samples * across.samples;
  if (count == 0) return 0;
  return is_max ? largest : sum / static_cast<double>(count);
}

Status compute_align(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  const Shape& out = context.outputs[0].type.shape;
  const Attributes& attributes = context.attributes;
  const bool is_max = attributes.get_string("mode", "avg") == "max";
  const bool half_pixel = context.opset >= kHalfPixelSince &&
                          attributes.get_string("coordinate_transformation_mode", "half_pixel") == "half_pixel";
  const double scale = attributes.get_float("spatial_scale", 1);
  const std::int64_t ratio = attributes.get_int("sampling_ratio", 0);
  const IndexView batch(context.inputs[2]);
  const auto side = [&](double start, double end, std::int64_t bins) {
    Side result;
    result.start = start * scale - (half_pixel ? 0.5 : 0);
    double length = end * scale - (half_pixel ? 0.5 : 0) - result.start;
    if (!half_pixel) length = std::max(length, 1.0);
    result.bin = length / static_cast<double>(bins);
    const double samples = ratio > 0 ? static_cast<double>(ratio) : std::ceil(result.bin);
    result.samples = samples > 0 ? static_cast<std::int64_t>(std::min(samples, kMostSamples + 1)) : 0;
    return result;
  };
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(out[0] * out[1], 1);
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t n = batch[i / out[1]];
      if (n < 0 || n >= shape[0]) return no_picture(n, shape[0]);
      const T* roi = context.inputs[1].as<T>() + i / out[1] * 4;
      const Side down = side(static_cast<double>(roi[1]), static_cast<double>(roi[3]), out[2]);
      const Side across = side(static_cast<double>(roi[0]), static_cast<double>(roi[2]), out[3]);
      if (static_cast<double>(std::max(down.samples, across.samples)) > kMostSamples) {
        return Error{ErrorCode::kInvalidInput,
                     "a rectangle needs more than 4096 samples along a bin",
                     {},
                     "state attribute 'sampling_ratio', or check the rectangles"};
      }
      const T* x = context.inputs[0].as<T>() + (n * shape[1] + i % out[1]) * shape[2] * shape[3];
      T* y = context.outputs[0].as<T>() + i * out[2] * out[3];
      for (std::int64_t bin = 0; bin < out[2] * out[3]; ++bin) {
        y[bin] = static_cast<T>(pool(x, shape, down, across, bin / out[3], bin % out[3], is_max));
      }
    }
    return {};
  });
}

Status infer_max(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(check_rectangles(context, 5));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> pooled, context.get_ints("pooled_shape"));
  if (pooled.size() != 2 || pooled[0] < 1 || pooled[1] < 1) {
    return context.invalid("attribute 'pooled_shape' must hold two positive numbers");
  }
  const Shape& x = context.shape(0);
  context.set_terms((Checked(ceil_div(x[2], pooled[0]) + 1) * (ceil_div(x[3], pooled[1]) + 1)).capped());
  return context.set_output(0, context.input(0).dtype,
                            std::vector<std::int64_t>{context.shape(1)[0], x[1], pooled[0], pooled[1]});
}

// Pixels [first, last) of one bin along one axis. In float32, as other runtimes do.
ElementRange bin_range(float start, float end, float scale, std::int64_t bin, std::int64_t bins, std::int64_t size) {
  // No picture is this long; rectangles that reach further end here.
  constexpr float kFar = 0x1p24F;
  const auto whole = [&](float at) { return std::clamp(std::round(at * scale), -kFar, kFar); };
  if (!(start == start && end == end)) return {};
  const float from = whole(start);
  const float length = std::max(whole(end) - from + 1, 1.0F) / static_cast<float>(bins);
  const auto inside = [&](float at) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(at) + static_cast<std::int64_t>(from), 0, size);
  };
  return {inside(std::floor(static_cast<float>(bin) * length)),
          inside(std::ceil(static_cast<float>(bin + 1) * length))};
}

Status compute_max(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  const Shape& out = context.outputs[0].type.shape;
  const float scale = context.attributes.get_float("spatial_scale", 1);
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(out[0] * out[1], 1);
    for (std::int64_t i = first; i < last; ++i) {
      const T* roi = context.inputs[1].as<T>() + i / out[1] * 5;
      const bool is_there = roi[0] >= T{0} && roi[0] < static_cast<T>(shape[0]);
      if (!is_there) {
        constexpr double kFar = 1e15;  // NaN and what int64 does not hold are shown as the border
        const auto shown = std::clamp(static_cast<double>(roi[0]), -kFar, kFar);
        return no_picture(shown == shown ? static_cast<std::int64_t>(shown) : -1, shape[0]);
      }
      const T* x =
          context.inputs[0].as<T>() + (static_cast<std::int64_t>(roi[0]) * shape[1] + i % out[1]) * shape[2] * shape[3];
      T* y = context.outputs[0].as<T>() + i * out[2] * out[3];
      for (std::int64_t bin = 0; bin < out[2] * out[3]; ++bin) {
        const auto range = [&](int axis, std::int64_t at) {
          return bin_range(static_cast<float>(roi[3 - axis]), static_cast<float>(roi[5 - axis]), scale, at,
                           out[axis + 1], shape[axis + 1]);
        };
        const ElementRange rows = range(1, bin / out[3]);
        const ElementRange columns = range(2, bin % out[3]);
        const bool is_empty = rows.last <= rows.first || columns.last <= columns.first;
        T largest = is_empty ? T{0} : std::numeric_limits<T>::lowest();
        for (std::int64_t r = rows.first; r < rows.last; ++r) {
          for (std::int64_t c = columns.first; c < columns.last; ++c) largest = std::max(largest, x[r * shape[3] + c]);
        }
        y[bin] = largest;
      }
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kRoiAlignOperator = {
    "", "RoiAlign", 10, kLastOpset, "", infer_align, compute_align, Sharing::kShared};
extern constinit const Operator kMaxRoiPoolOperator = {"", "MaxRoiPool", 7,           kLastOpset,
                                                       "", infer_max,    compute_max, Sharing::kShared};

}  // namespace kite
