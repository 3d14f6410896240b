// SPDX-License-Identifier: Apache-2.0
// HannWindow, HammingWindow and BlackmanWindow: sums of cosines over a window of a given length.
// MelWeightMatrix: triangles that turn the bins of a spectrum into bands of the mel scale.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using OutputTypes = TypeList<float, double, std::int32_t, std::int64_t, std::uint8_t, std::int8_t>;

// The type that the attribute names, one of the list.
Result<DType> output_type(const InferContext& context) {
  KITE_TRY_ASSIGN(const DType dtype, context.get_dtype("output_datatype", DType::kFloat32));
  if (contains(OutputTypes{}, dtype)) return dtype;
  return context.unsupported("attribute 'output_datatype' is " + std::string(dtype_name(dtype)) + ", supported are " +
                             type_names(dtypes_of(OutputTypes{})));
}

Status infer_window(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.get_int("periodic", 1));
  KITE_TRY_ASSIGN(const DType dtype, output_type(context));
  KITE_TRY_ASSIGN(const std::int64_t size, context.constant_int(0, "size"));
  if (size < 0) return context.invalid("input 'size' is " + std::to_string(size));
  return context.set_output(0, dtype, std::vector<std::int64_t>{size});
}

// y[i] = a0 - a1 cos(2 pi i / n) + a2 cos(4 pi i / n), where n is the length, or one less if it is not periodic.
template <auto kFactors>
Status compute_window(const ComputeContext& context) {
  const std::int64_t size = context.outputs[0].type.shape[0];
  const bool periodic = context.attributes.get_int("periodic", 1) != 0;
  const auto period = static_cast<double>(periodic ? size : size - 1);
  return dispatch(OutputTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(size);
    for (std::int64_t i = first; i < last; ++i) {
      // A window of one element has no period: as in numpy and torch it is 1.
      const double turn = period > 0 ? 2 * std::numbers::pi * static_cast<double>(i) / period : std::numbers::pi;
      const double value = kFactors[0] - kFactors[1] * std::cos(turn) + kFactors[2] * std::cos(2 * turn);
      context.outputs[0].as<T>()[i] = static_cast<T>(value);
    }
    return {};
  });
}

constexpr std::array<double, 3> kHann = {0.5, 0.5, 0};
constexpr std::array<double, 3> kHamming = {25.0 / 46, 21.0 / 46, 0};
constexpr std::array<double, 3> kBlackman = {0.42, 0.5, 0.08};

template <auto kFactors>
constexpr Operator window(std::string_view name) {
  return {"", name, 17, kLastOpset, "size must be constant", infer_window, compute_window<kFactors>, Sharing::kShared};
}

constexpr std::string_view kMelNames[] = {"num_mel_bins", "dft_length", "sample_rate", "lower_edge_hertz",
                                          "upper_edge_hertz"};

// Where the triangles of the bands begin, in bins of the spectrum.
class MelScale {
 public:
  MelScale(std::int64_t bands, std::int64_t length, std::int64_t rate, double lowest, double highest)
      : length_(static_cast<double>(length)),
        rate_(static_cast<double>(rate)),
        first_(mel(lowest)),
        step_((mel(highest) - mel(lowest)) / static_cast<double>(bands + 2)) {}

  [[nodiscard]] double edge(std::int64_t i) const {
    const double hertz = 700 * (std::pow(10, (first_ + static_cast<double>(i) * step_) / 2595) - 1);
    return std::floor((length_ + 1) * hertz / rate_);
  }

 private:
  static double mel(double hertz) { return 2595 * std::log10(1 + hertz / 700); }

  double length_, rate_, first_, step_;
};

template <typename F>
double frequency(const TensorView& view) {
  F value{};
  std::memcpy(&value, view.data, sizeof value);
  return static_cast<double>(value);
}

Result<double> frequency_of(const TensorView& view) {
  double value = 0;
  KITE_TRY(dispatch(NumericTypes{}, view.type.dtype, [&]<typename F>() -> Status {
    value = frequency<F>(view);
    return {};
  }));
  return value;
}

Status infer_mel(InferContext& context) {
  KITE_TRY(context.require_inputs(5, 5));
  KITE_TRY_ASSIGN(const DType dtype, output_type(context));
  std::array<std::int64_t, 3> counts{};
  for (int i = 0; i < 3; ++i) {
    KITE_TRY_ASSIGN(counts[static_cast<std::size_t>(i)], context.constant_int(i, kMelNames[i]));
  }
  const auto [bands, length, rate] = counts;
  std::array<double, 2> edges{};
  for (int i = 3; i < 5; ++i) {
    KITE_TRY_ASSIGN(const TensorView view, context.shaping_value(i, kMelNames[i]));
    if (view.type.shape.elements() != 1) {
      return context.invalid("input '" + std::string(kMelNames[i]) + "' must hold one number");
    }
    KITE_TRY_ASSIGN(edges[static_cast<std::size_t>(i - 3)], frequency_of(view));
  }
  if (bands < 1 || bands > kMaxElements || length < 1 || rate < 1) {
    return context.invalid(std::to_string(bands) + " bands of a transform of length " + std::to_string(length) +
                           " at a sample rate of " + std::to_string(rate));
  }
  const std::int64_t bins = length / 2 + 1;
  // Every triangle lies inside the spectrum where the last one does; not-a-number does not.
  const MelScale scale(bands, length, rate, edges[0], edges[1]);
  const bool fits = edges[0] >= 0 && edges[0] <= edges[1] && scale.edge(bands + 1) <= static_cast<double>(bins) &&
                    scale.edge(bands) < static_cast<double>(bins);
  if (!fits) return context.invalid("the bands do not lie inside the spectrum");
  return context.set_output(0, dtype, std::vector<std::int64_t>{bins, bands});
}

Status compute_mel(const ComputeContext& context) {
  const Shape& shape = context.outputs[0].type.shape;
  const std::int64_t bands = shape[1];
  KITE_TRY_ASSIGN(const double lowest, frequency_of(context.inputs[3]));
  KITE_TRY_ASSIGN(const double highest, frequency_of(context.inputs[4]));
  const MelScale scale(bands, IndexView(context.inputs[1])[0], IndexView(context.inputs[2])[0], lowest, highest);
  return dispatch(OutputTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(shape.elements());
    for (std::int64_t i = first; i < last; ++i) {
      const auto bin = static_cast<double>(i / bands);
      const double left = scale.edge(i % bands);
      const double centre = scale.edge(i % bands + 1);
      const double right = scale.edge(i % bands + 2);
      double value = 0;
      if (bin >= centre && bin < right) {
        value = (right - bin) / (right - centre);
      } else if (bin == centre && left == centre) {
        value = 1;
      } else if (bin >= left && bin <= centre && left < centre) {
        value = (bin - left) / (centre - left);
      }
      context.outputs[0].as<T>()[i] = static_cast<T>(value);
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kHannWindowOperator = window<kHann>("HannWindow");
extern constinit const Operator kHammingWindowOperator = window<kHamming>("HammingWindow");
extern constinit const Operator kBlackmanWindowOperator = window<kBlackman>("BlackmanWindow");
extern constinit const Operator kMelWeightMatrixOperator = {
    "", "MelWeightMatrix", 17, kLastOpset, "all inputs must be constant", infer_mel, compute_mel, Sharing::kShared};

}  // namespace kite
