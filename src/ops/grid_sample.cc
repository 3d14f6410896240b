// SPDX-License-Identifier: Apache-2.0
// GridSample: y[n, c, p...] is x[n, c] interpolated at the place grid[n, p...], whose coordinates stand in the order
// x, y, z and reach from -1 to 1 over the picture.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {
namespace {

enum class Filter { kNearest, kLinear, kCubic };
enum class Padding { kZeros, kBorder, kReflection };
constexpr int kMostAxes = 3;

// Opset 20 renamed bilinear and bicubic. Files mix names and opsets, and ONNX Runtime takes both in each.
std::optional<Filter> filter_named(std::string_view name) {
  if (name == "nearest") return Filter::kNearest;
  if (name == "bilinear" || name == "linear") return Filter::kLinear;
  if (name == "bicubic" || name == "cubic") return Filter::kCubic;
  return std::nullopt;
}

std::optional<Padding> padding_named(std::string_view name) {
  if (name == "zeros") return Padding::kZeros;
  if (name == "border") return Padding::kBorder;
  if (name == "reflection") return Padding::kReflection;
  return std::nullopt;
}

std::int64_t taps_along(Filter filter) { return filter == Filter::kNearest ? 1 : filter == Filter::kLinear ? 2 : 4; }

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(context.require_float(1));
  KITE_TRY(context.get_int("align_corners", 0));
  KITE_TRY_ASSIGN(const std::string mode, context.get_string("mode", "linear"));
  const auto filter = filter_named(mode);
  if (!filter) return context.invalid("attribute 'mode' is \"" + mode + "\", expected linear, nearest or cubic");
  KITE_TRY_ASSIGN(const std::string padding, context.get_string("padding_mode", "zeros"));
  if (!padding_named(padding)) {
    return context.invalid("attribute 'padding_mode' is \"" + padding + "\", expected zeros, border or reflection");
  }
  if (*filter != Filter::kNearest) KITE_TRY(context.require_float(0));
  const Shape& x = context.shape(0);
  const Shape& grid = context.shape(1);
  const int axes = x.rank() - 2;
  if (axes < 1 || grid.rank() != x.rank() || grid[0] != x[0] || grid[grid.rank() - 1] != axes) {
    return context.invalid("grid " + grid.to_string() + " does not fit the input " + x.to_string());
  }
  if (axes > kMostAxes) return context.unsupported("input " + x.to_string() + " has more than 3 spatial axes");
  std::int64_t taps = 1;
  std::vector<std::int64_t> dims = {x[0], x[1]};
  for (int a = 0; a < axes; ++a) {
    taps *= taps_along(*filter);
    dims.push_back(grid[a + 1]);
    if (x[a + 2] == 0) return context.invalid("input " + x.to_string() + " has an empty axis");
  }
  context.set_terms(taps);
  return context.set_output(0, context.input(0).dtype, dims);
}

// What stands at one position along one axis: elements and their weights. Index -1: outside, a zero.
struct AxisTaps {
  int count = 0;
  std::array<std::int64_t, 4> index{};
  std::array<double, 4> weight{};
};

class Sampler {
 public:
  explicit Sampler(const ComputeContext& context)
      : filter_(*filter_named(context.attributes.get_string("mode", "linear"))),
        padding_(*padding_named(context.attributes.get_string("padding_mode", "zeros"))),
        aligned_(context.attributes.get_int("align_corners", 0) != 0) {}

  // `at` in [-1, 1] over an axis of `size` elements.
  [[nodiscard]] AxisTaps taps(double at, std::int64_t size) const {
    const auto n = static_cast<double>(size);
    double x = aligned_ ? (at + 1) / 2 * (n - 1) : ((at + 1) * n - 1) / 2;
    // Far away is outside wherever it is; NaN is, too.
    constexpr double kFar = 1e9;
    x = x > -kFar ? (x < kFar ? x : kFar) : -kFar;
    AxisTaps taps;
    if (filter_ == Filter::kNearest) {
      // In float32, as other runtimes do: another rounding would choose another neighbour.
      add(taps, static_cast<double>(std::nearbyint(static_cast<float>(x))), 1, size);
      return taps;
    }
    const double below = std::floor(x);
    const double t = x - below;
    if (filter_ == Filter::kLinear) {
      add(taps, below, 1 - t, size);
      add(taps, below + 1, t, size);
      return taps;
    }
    for (int k = -1; k <= 2; ++k) add(taps, below + k, cubic(std::fabs(t - k)), size);
    return taps;
  }

 private:
  // Keys' cubic convolution with a = -0.75.
  static double cubic(double d) {
    constexpr double kA = -0.75;
    if (d < 1) return ((kA + 2) * d - (kA + 3)) * d * d + 1;
    return ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA;
  }

  void add(AxisTaps& taps, double position, double weight, std::int64_t size) const {
    const auto n = static_cast<std::size_t>(taps.count++);
    taps.weight[n] = weight;
    taps.index[n] = place(static_cast<std::int64_t>(position), size);
  }

  [[nodiscard]] std::int64_t place(std::int64_t i, std::int64_t size) const {
    if (i >= 0 && i < size) return i;
    if (padding_ == Padding::kZeros) return -1;
    if (padding_ == Padding::kBorder) return i < 0 ? 0 : size - 1;
    // Mirrored at the centres of the outermost elements, or at their outer edges.
    const std::int64_t period = aligned_ ? 2 * (size - 1) : 2 * size;
    if (period == 0) return 0;
    const std::int64_t at = (i % period + period) % period;
    return at < size ? at : (aligned_ ? period - at : period - 1 - at);
  }

  Filter filter_;
  Padding padding_;
  bool aligned_;
};

// The elements of one picture's channel that one place is made from, as offsets; -1 is a zero.
struct Taps {
  static constexpr int kMost = 64;
  int count = 1;
  std::array<std::int64_t, kMost> offset{};
  std::array<double, kMost> weight{};
};

// `place` holds the coordinates of the last axis first.
template <typename G>
Taps taps_at(const Sampler& sampler, const Shape& x, const G* place) {
  Taps all;
  all.weight[0] = 1;
  const int axes = x.rank() - 2;
  for (int a = 0; a < axes; ++a) {
    const std::int64_t size = x[a + 2];
    const AxisTaps taps = sampler.taps(static_cast<double>(place[axes - 1 - a]), size);
    Taps next;
    next.count = 0;
    for (int i = 0; i < all.count; ++i) {
      const auto from = static_cast<std::size_t>(i);
      for (int k = 0; k < taps.count; ++k) {
        const auto tap = static_cast<std::size_t>(k);
        const auto to = static_cast<std::size_t>(next.count++);
        const bool is_outside = all.offset[from] < 0 || taps.index[tap] < 0;
        next.offset[to] = is_outside ? -1 : all.offset[from] * size + taps.index[tap];
        next.weight[to] = all.weight[from] * taps.weight[tap];
      }
    }
    all = next;
  }
  return all;
}

// All channels of output position `at` of picture `n`.
template <typename T>
void interpolate(const Taps& taps, const T* x, T* y, std::int64_t channels, std::int64_t in_plane,
                 std::int64_t out_plane) {
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int k = 0; k < taps.count; ++k) {
      const auto tap = static_cast<std::size_t>(k);
      if (taps.offset[tap] >= 0) sum += taps.weight[tap] * static_cast<double>(x[c * in_plane + taps.offset[tap]]);
    }
    y[c * out_plane] = static_cast<T>(sum);
  }
}

void move(const Taps& taps, const std::byte* x, std::byte* y, std::int64_t channels, std::int64_t in_plane,
          std::int64_t out_plane, std::size_t size) {
  const auto bytes = static_cast<std::int64_t>(size);
  for (std::int64_t c = 0; c < channels; ++c) {
    std::byte* to = y + c * out_plane * bytes;
    if (taps.offset[0] < 0) {
      std::memset(to, 0, size);
    } else {
      std::memcpy(to, x + (c * in_plane + taps.offset[0]) * bytes, size);
    }
  }
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  const Shape& shape = x.type.shape;
  const std::int64_t channels = shape[1];
  const std::int64_t in_plane = shape.elements(2, shape.rank());
  const std::int64_t out_plane = y.type.shape.elements(2, shape.rank());
  const Sampler sampler(context);
  const bool moves = context.attributes.get_string("mode", "") == "nearest";
  const std::size_t size = dtype_size(x.type.dtype);
  const auto [first, last] = context.share.of(shape[0] * out_plane);
  return dispatch(FloatTypes{}, context.inputs[1].type.dtype, [&]<typename G>() -> Status {
    for (std::int64_t i = first; i < last; ++i) {
      const Taps taps = taps_at(sampler, shape, context.inputs[1].as<G>() + i * (shape.rank() - 2));
      const std::int64_t in = i / out_plane * channels * in_plane;
      const std::int64_t out = i / out_plane * channels * out_plane + i % out_plane;
      if (moves) {
        const auto bytes = static_cast<std::int64_t>(size);
        move(taps, x.data + in * bytes, y.data + out * bytes, channels, in_plane, out_plane, size);
        continue;
      }
      KITE_TRY(dispatch(FloatTypes{}, x.type.dtype, [&]<typename T>() -> Status {
        interpolate(taps, x.as<T>() + in, y.as<T>() + out, channels, in_plane, out_plane);
        return {};
      }));
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kGridSampleOperator = {
    "", "GridSample", 16, kLastOpset, "up to 3 spatial axes", infer, compute, Sharing::kShared};

}  // namespace kite
