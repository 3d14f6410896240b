// SPDX-License-Identifier: Apache-2.0
// Resize and its forerunner Upsample: every axis is resampled by nearest neighbour, linear or cubic interpolation. The
// output's size follows from scales or sizes, which must be constant.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/resampler.h"
#include "ops/resampling.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Nearest neighbours are moved, so any type will do.
using NearestTypes = AllTypes;

constexpr std::array<std::pair<std::string_view, Coordinates>, 7> kCoordinates = {{
    {"half_pixel", Coordinates::kHalfPixel},
    {"half_pixel_symmetric", Coordinates::kHalfPixelSymmetric},
    {"pytorch_half_pixel", Coordinates::kPytorchHalfPixel},
    {"align_corners", Coordinates::kAlignCorners},
    {"asymmetric", Coordinates::kAsymmetric},
    {"tf_half_pixel_for_nn", Coordinates::kTfHalfPixelForNn},
    {"tf_crop_and_resize", Coordinates::kTfCropAndResize},
}};
constexpr std::array<std::pair<std::string_view, Interpolation>, 3> kFilters = {{
    {"nearest", Interpolation::kNearest},
    {"linear", Interpolation::kLinear},
    {"cubic", Interpolation::kCubic},
}};
constexpr std::array<std::pair<std::string_view, Nearest>, 4> kNearest = {{
    {"round_prefer_floor", Nearest::kRoundPreferFloor},
    {"round_prefer_ceil", Nearest::kRoundPreferCeil},
    {"floor", Nearest::kFloor},
    {"ceil", Nearest::kCeil},
}};

// What a name stands for; nothing for an unknown one.
template <typename T, std::size_t N>
std::optional<T> entry_of(const std::array<std::pair<std::string_view, T>, N>& table, std::string_view name) {
  for (const auto& [known, value] : table) {
    if (known == name) return value;
  }
  return std::nullopt;
}

// Which input holds what. Upsample and Resize of opset 10 know only scales.
struct Inputs {
  int roi = -1;
  int scales = 1;
  int sizes = -1;
};
constexpr int kRoiSince = 11;

Inputs inputs_of(bool is_upsample, int opset) { return is_upsample || opset < kRoiSince ? Inputs{} : Inputs{1, 2, 3}; }

Resampling resampling_of(const Attributes& attributes, bool is_simple) {
  Resampling how;
  how.filter = entry_of(kFilters, attributes.get_string("mode", "nearest")).value_or(Interpolation::kNearest);
  if (is_simple) {
    how.coordinates = Coordinates::kAsymmetric;
    how.nearest = Nearest::kSimple;
    return how;
  }
  how.coordinates = entry_of(kCoordinates, attributes.get_string("coordinate_transformation_mode", "half_pixel"))
                        .value_or(Coordinates::kHalfPixel);
  how.nearest = entry_of(kNearest, attributes.get_string("nearest_mode", "round_prefer_floor"))
                    .value_or(Nearest::kRoundPreferFloor);
  how.cubic_a = static_cast<double>(attributes.get_float("cubic_coeff_a", -0.75F));
  how.exclude_outside = attributes.get_int("exclude_outside", 0) != 0;
  how.antialias = attributes.get_int("antialias", 0) != 0 && how.filter != Interpolation::kNearest;
  return how;
}

// Reads a float32 or float64 input element by element.
float float_at(const TensorView& view, std::size_t i) {
  if (view.type.dtype == DType::kFloat64) {
    double wide = 0;
    std::memcpy(&wide, view.data + i * sizeof wide, sizeof wide);
    return static_cast<float>(wide);
  }
  float value = 0;
  std::memcpy(&value, view.data + i * sizeof value, sizeof value);
  return value;
}

// The axes that scales, sizes and roi speak of: all, or those of attribute `axes` (opset 18).
std::size_t listed_axis(std::span<const std::int64_t> axes, std::size_t i, int rank) {
  if (axes.empty()) return i;
  return static_cast<std::size_t>(axes[i] < 0 ? axes[i] + rank : axes[i]);
}

// Scale and size of every axis from the model's scales or sizes. `sizes` and `scales`: data is null where left out.
ResampledAxes axes_of(const Attributes& attributes, const Shape& x, const TensorView& scales, const TensorView& sizes,
                      const TensorView& roi) {
  ResampledAxes axes;
  for (int a = 0; a < x.rank(); ++a) axes[static_cast<std::size_t>(a)] = {x[a], x[a]};
  const auto listed = attributes.get_ints("axes");
  const std::size_t count = listed.empty() ? x.dims().size() : listed.size();
  const auto at = [&](std::size_t i) -> ResampledAxis& { return axes[listed_axis(listed, i, x.rank())]; };
  if (sizes.data == nullptr) {
    for (std::size_t i = 0; i < count; ++i) {
      at(i).scale = float_at(scales, i);
      const float out = at(i).scale * static_cast<float>(at(i).in);
      // More than any shape may hold stays out of reach of an int64.
      at(i).out = out < 0x1p60F ? static_cast<std::int64_t>(out) : std::int64_t{1} << 60;
    }
  } else {
    const IndexView wanted{sizes};
    const std::string_view policy = attributes.get_string("keep_aspect_ratio_policy", "stretch");
    float common = policy == "not_larger" ? std::numeric_limits<float>::max() : 0.0F;
    for (std::size_t i = 0; i < count; ++i) {
      at(i).out = wanted[static_cast<std::int64_t>(i)];
      at(i).scale = static_cast<float>(at(i).out) / static_cast<float>(at(i).in);
      common = policy == "not_larger" ? std::min(common, at(i).scale) : std::max(common, at(i).scale);
    }
    for (std::size_t i = 0; policy != "stretch" && i < count; ++i) {
      at(i).scale = common;
      at(i).out = static_cast<std::int64_t>(std::floor(common * static_cast<float>(at(i).in) + 0.5F));
    }
  }
  for (std::size_t i = 0; roi.data != nullptr && i < count; ++i) {
    at(i).roi_start = float_at(roi, i);
    at(i).roi_end = float_at(roi, count + i);
  }
  // Scales that leave every axis as long as it was, as 1.05 of 6: by the specification's formula the elements would
  // shift, ONNX Runtime copies them. Models are trained where nothing is resized then, so this copies, too.
  const std::span<ResampledAxis> all(axes.data(), x.dims().size());
  if (roi.data == nullptr && std::ranges::all_of(all, [](const ResampledAxis& axis) { return axis.in == axis.out; })) {
    for (ResampledAxis& axis : all) {
      if (axis.scale > 0) axis.scale = 1;
    }
  }
  return axes;
}

template <typename T, std::size_t N>
Status check_name(const InferContext& context, std::string_view attribute, std::string_view fallback,
                  const std::array<std::pair<std::string_view, T>, N>& table) {
  KITE_TRY_ASSIGN(const std::string name, context.get_string(attribute, fallback));
  if (entry_of(table, name)) return {};
  return context.unsupported("attribute '" + std::string(attribute) + "' is \"" + name + '"');
}

Status check_attributes(const InferContext& context, bool is_simple) {
  KITE_TRY(check_name(context, "mode", "nearest", kFilters));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> axes, context.get_ints("axes"));
  KITE_TRY(normalize_axes(context, axes, context.shape(0).rank()));
  if (is_simple) return {};
  KITE_TRY(check_name(context, "coordinate_transformation_mode", "half_pixel", kCoordinates));
  KITE_TRY(check_name(context, "nearest_mode", "round_prefer_floor", kNearest));
  KITE_TRY(context.get_float("cubic_coeff_a", 0));
  KITE_TRY(context.get_float("extrapolation_value", 0));
  KITE_TRY(context.get_int("exclude_outside", 0));
  KITE_TRY(context.get_int("antialias", 0));
  KITE_TRY_ASSIGN(const std::string policy, context.get_string("keep_aspect_ratio_policy", "stretch"));
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller") {
    return context.invalid("attribute 'keep_aspect_ratio_policy' is \"" + policy + '"');
  }
  return {};
}

// The constant value of input i, of floats or of indices, with `count` elements; a null view where it is left out or
// empty, as exporters leave out inputs that others follow.
Result<TensorView> list_input(const InferContext& context, int i, std::string_view name, std::size_t count,
                              bool of_floats) {
  if (i < 0 || !context.has_input(i) || context.shape(i).elements() == 0) return TensorView{};
  const TensorView* view = context.constant(i);
  const std::string label = "input '" + std::string(name) + "'";
  if (view == nullptr) {
    return context.unsupported(label + " is only known at run time, so the output shape would depend on data",
                               "export the model with fixed shapes, or simplify it so that this input is a constant");
  }
  const DType dtype = view->type.dtype;
  const bool fits = of_floats ? dtype == DType::kFloat32 || dtype == DType::kFloat64
                              : dtype == DType::kInt64 || dtype == DType::kInt32;
  if (!fits) return context.invalid(label + " is " + std::string(dtype_name(dtype)));
  if (view->type.shape.elements() != static_cast<std::int64_t>(count)) {
    return context.invalid(label + " holds " + std::to_string(view->type.shape.elements()) + " numbers, expected " +
                           std::to_string(count));
  }
  return *view;
}

Status set_resized(InferContext& context, const Resampling& how, const ResampledAxes& axes) {
  const Shape& x = context.shape(0);
  std::vector<std::int64_t> dims;
  Checked taps = 1;
  for (int a = 0; a < x.rank(); ++a) {
    const ResampledAxis& axis = axes[static_cast<std::size_t>(a)];
    if (!(axis.scale > 0) || axis.out < 0) {
      return context.invalid("axis " + std::to_string(a) + " is scaled by " + std::to_string(axis.scale));
    }
    if (axis.in == 0 && axis.out > 0) return context.invalid("axis " + std::to_string(a) + " is empty");
    if (most_taps(how, axis) > kMaxTaps) {
      return context.unsupported("axis " + std::to_string(a) + " is reduced from " + std::to_string(axis.in) + " to " +
                                 std::to_string(axis.out) + " with antialiasing");
    }
    taps *= most_taps(how, axis);
    dims.push_back(axis.out);
  }
  context.set_terms(taps.capped());
  return context.set_output(0, context.input(0).dtype, dims);
}

Status infer_inputs(InferContext& context, bool is_simple, const Inputs& at) {
  KITE_TRY(check_attributes(context, is_simple));
  const Resampling how = resampling_of(context.attributes(), is_simple);
  if (how.filter != Interpolation::kNearest) KITE_TRY(context.require_float(0));
  KITE_TRY(require_dtype(context, 0, NearestTypes{}));
  const std::size_t rank = context.shape(0).dims().size();
  const auto listed = context.attributes().get_ints("axes");
  const std::size_t count = listed.empty() ? rank : listed.size();
  KITE_TRY_ASSIGN(const TensorView scales, list_input(context, at.scales, "scales", count, true));
  KITE_TRY_ASSIGN(const TensorView sizes, list_input(context, at.sizes, "sizes", count, false));
  TensorView roi;
  if (how.coordinates == Coordinates::kTfCropAndResize) {
    KITE_TRY_ASSIGN(roi, list_input(context, at.roi, "roi", 2 * count, true));
    if (roi.data == nullptr) return context.invalid("input 'roi' is missing");
  }
  if ((scales.data == nullptr) == (sizes.data == nullptr)) {
    return context.invalid("expected either scales or sizes");
  }
  const IndexView wanted{sizes};
  for (std::int64_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] < 0 || wanted[i] > kMaxElements) {
      return context.invalid("input 'sizes' holds " + std::to_string(wanted[i]));
    }
  }
  return set_resized(context, how, axes_of(context.attributes(), context.shape(0), scales, sizes, roi));
}

Status infer_resize(InferContext& context) {
  const bool is_simple = context.opset() < kRoiSince;
  KITE_TRY(context.require_inputs(is_simple ? 2 : 1, is_simple ? 2 : 4));
  return infer_inputs(context, is_simple, inputs_of(false, context.opset()));
}

Status infer_upsample(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  return infer_inputs(context, true, inputs_of(true, context.opset()));
}

// The bytes of a number in an element type.
Result<std::uint64_t> bits_of(double number, DType dtype) {
  std::uint64_t bits = 0;
  KITE_TRY(dispatch(NearestTypes{}, dtype, [&]<typename T>() -> Status {
    const T value = static_cast<T>(number);
    std::memcpy(&bits, &value, sizeof value);
    return {};
  }));
  return bits;
}

// Calls `fn.operator()<T>()` with the unsigned integer of the elements' size.
template <typename Fn>
void with_size(std::size_t size, Fn&& fn) {
  switch (size) {
    case 1: return fn.template operator()<std::uint8_t>();
    case 2: return fn.template operator()<std::uint16_t>();
    case 4: return fn.template operator()<std::uint32_t>();
    default: return fn.template operator()<std::uint64_t>();
  }
}

// Not inlined: a resampler is 50 KiB, and a frame that holds one for each element type is larger than a worker's stack.
template <typename T>
[[gnu::noinline]] void resample(const ComputeContext& context, const Resampling& how, const ResampledAxes& axes,
                                T fill) {
  TensorResampler<T>(how, axes, context.inputs[0].type.shape, context.outputs[0].type.shape, fill)
      .run(context.share, context.inputs[0].as<T>(), context.outputs[0].as<T>());
}

Status compute(const ComputeContext& context, bool is_simple, const Inputs& at) {
  const Shape& in = context.inputs[0].type.shape;
  const Shape& out = context.outputs[0].type.shape;
  if (out.elements() == 0) return {};
  const auto input = [&](int i) {
    const auto k = static_cast<std::size_t>(i);
    const bool is_there = i >= 0 && context.has_input(k) && context.inputs[k].type.shape.elements() > 0;
    return is_there ? context.inputs[k] : TensorView{};
  };
  const Resampling how = resampling_of(context.attributes, is_simple);
  const bool crops = how.coordinates == Coordinates::kTfCropAndResize;
  const ResampledAxes axes =
      axes_of(context.attributes, in, input(at.scales), input(at.sizes), crops ? input(at.roi) : TensorView{});
  const double outside = context.attributes.get_float("extrapolation_value", 0);
  const DType dtype = context.inputs[0].type.dtype;
  const auto run = [&]<typename T>(T fill) { resample(context, how, axes, fill); };
  if (how.filter == Interpolation::kNearest) {
    KITE_TRY_ASSIGN(const std::uint64_t fill, bits_of(outside, dtype));
    with_size(dtype_size(dtype), [&]<typename T>() { run(static_cast<T>(fill)); });
    return {};
  }
  return dispatch(FloatTypes{}, dtype, [&]<typename T>() -> Status {
    run(static_cast<T>(outside));
    return {};
  });
}

Status compute_resize(const ComputeContext& context) {
  return compute(context, context.opset < kRoiSince, inputs_of(false, context.opset));
}

Status compute_upsample(const ComputeContext& context) {
  return compute(context, true, inputs_of(true, context.opset));
}

}  // namespace

extern constinit const Operator kResizeOperator = {
    "", "Resize", 10, kLastOpset, "scales and sizes must be constant", infer_resize, compute_resize, Sharing::kShared};
extern constinit const Operator kUpsampleOperator = {
    "", "Upsample", 9, 9, "scales must be constant", infer_upsample, compute_upsample, Sharing::kShared};

}  // namespace kite
