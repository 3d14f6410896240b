// SPDX-License-Identifier: Apache-2.0
// DFT:  y[k] = sum over n of x[n] * exp(-2 pi i k n / N) along one axis; the inverse has the other sign and 1/N.
// STFT: the transforms of windows of a signal, a frame each.
// Complex numbers are pairs along the last axis, real ones have 1 there.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr int kAxisInputSince = 20;  // before: an attribute

// Numbers of a signal along one axis: real or complex, `step` elements apart.
template <typename T>
struct Signal {
  const T* data = nullptr;
  std::int64_t step = 0;
  std::int64_t count = 0;  // what follows is zero
  bool is_complex = false;
  const T* window = nullptr;  // factors, where there are any
};

struct Complex {
  double re = 0;
  double im = 0;
};

constexpr Complex product(const Complex& a, const Complex& b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

// exp(2 pi i k / n), of the part of the circle that is left of whole turns.
Complex root_of_unity(std::int64_t k, std::int64_t n) {
  const double angle = 2 * std::numbers::pi * static_cast<double>(k % n) / static_cast<double>(n);
  return {std::cos(angle), std::sin(angle)};
}

// One number of the spectrum: the sum over n of x[n] * exp(2 pi i k n / length), k of either sign.
template <typename T>
Complex transform_at(const Signal<T>& x, std::int64_t k, std::int64_t length) {
  // The powers of one root; after so many products its error would pass that of a cosine.
  constexpr std::int64_t kExactEvery = 32;
  const Complex root = root_of_unity(k, length);
  Complex factor;
  Complex sum;
  for (std::int64_t n = 0; n < std::min(x.count, length); ++n) {
    factor = n % kExactEvery == 0 ? root_of_unity(k * n, length) : product(factor, root);
    Complex value{static_cast<double>(x.data[n * x.step]),
                  x.is_complex ? static_cast<double>(x.data[n * x.step + 1]) : 0.0};
    if (x.window != nullptr) {
      value.re *= static_cast<double>(x.window[n]);
      value.im *= static_cast<double>(x.window[n]);
    }
    const Complex term = product(value, factor);
    sum.re += term.re;
    sum.im += term.im;
  }
  return sum;
}

// The real signal number k whose one-sided spectrum is x: the other half is the conjugate of this one.
template <typename T>
double real_inverse_at(const Signal<T>& x, std::int64_t k, std::int64_t length) {
  double sum = 0;
  for (std::int64_t n = 0; n <= length / 2 && n < x.count; ++n) {
    const Complex value{static_cast<double>(x.data[n * x.step]), static_cast<double>(x.data[n * x.step + 1])};
    const bool has_twin = n != 0 && 2 * n != length;
    const double real = product(value, root_of_unity(k * n, length)).re;
    sum += has_twin ? 2 * real : real;
  }
  return sum;
}

constexpr std::int64_t kMostLength = std::int64_t{1} << 30;  // products of two indices stay in an int64

struct Transform {
  int axis = 0;
  std::int64_t length = 0;
  bool inverse = false;
  bool onesided = false;
};

Result<Transform> transform_of(const InferContext& context) {
  const Shape& x = context.shape(0);
  Transform how;
  KITE_TRY_ASSIGN(const std::int64_t inverse, context.get_int("inverse", 0));
  KITE_TRY_ASSIGN(const std::int64_t onesided, context.get_int("onesided", 0));
  how.inverse = inverse != 0;
  how.onesided = onesided != 0;
  std::int64_t axis = -2;
  if (context.opset() < kAxisInputSince) {
    KITE_TRY_ASSIGN(axis, context.get_int("axis", 1));
  } else if (context.has_input(2)) {
    KITE_TRY_ASSIGN(axis, context.constant_int(2, "axis"));
  }
  const int rank = x.rank();
  if (rank < 2 || (x[rank - 1] != 1 && x[rank - 1] != 2)) {
    return context.invalid("input " + x.to_string() + " must end in an axis of 1 (real) or 2 (complex) numbers");
  }
  KITE_TRY_ASSIGN(how.axis, context.normalize_axis(axis, rank));
  if (how.axis == rank - 1) return context.invalid("the axis is that of the real and imaginary parts");
  const bool is_complex = x[rank - 1] == 2;
  if (how.onesided && is_complex != how.inverse) {
    return context.invalid(how.inverse ? "the inverse of one side needs complex numbers"
                                       : "one side is enough for real numbers only");
  }
  how.length = how.onesided && how.inverse ? 2 * (x[how.axis] - 1) : x[how.axis];
  if (context.has_input(1)) {
    KITE_TRY_ASSIGN(how.length, context.constant_int(1, "dft_length"));
  }
  if (how.length < 1 || how.length > kMostLength) {
    return context.invalid("the transform has length " + std::to_string(how.length));
  }
  return how;
}

Status infer_dft(InferContext& context) {
  KITE_TRY(context.require_inputs(1, context.opset() >= kAxisInputSince ? 3 : 2));
  KITE_TRY(context.require_float(0));
  KITE_TRY_ASSIGN(const Transform how, transform_of(context));
  const Shape& x = context.shape(0);
  std::vector<std::int64_t> dims(x.dims().begin(), x.dims().end());
  dims[static_cast<std::size_t>(how.axis)] = how.onesided && !how.inverse ? how.length / 2 + 1 : how.length;
  dims.back() = how.onesided && how.inverse ? 1 : 2;
  context.set_terms(4 * std::min(how.length, x[how.axis]));
  return context.set_output(0, context.input(0).dtype, dims);
}

Status compute_dft(const ComputeContext& context) {
  const Shape& in = context.inputs[0].type.shape;
  const Shape& out = context.outputs[0].type.shape;
  const int rank = in.rank();
  std::int64_t axis = -2;
  if (context.opset < kAxisInputSince) {
    axis = context.attributes.get_int("axis", 1);
  } else if (context.has_input(2)) {
    axis = IndexView(context.inputs[2])[0];
  }
  if (axis < 0) axis += rank;
  const auto along = static_cast<int>(axis);
  const bool inverse = context.attributes.get_int("inverse", 0) != 0;
  const bool to_real = out[rank - 1] == 1;
  // The axis of the output has lost its length where one side is given.
  std::int64_t length = to_real ? 2 * (in[along] - 1) : in[along];
  if (context.has_input(1)) length = IndexView(context.inputs[1])[0];
  const std::int64_t inner = in.elements(along + 1, rank - 1);
  const std::int64_t numbers = out.elements(0, rank - 1);
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(numbers);
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t k = i / inner % out[along];
      const std::int64_t start = (i / inner / out[along] * in[along] * inner + i % inner) * in[rank - 1];
      const Signal<T> x{context.inputs[0].as<T>() + start, inner * in[rank - 1], in[along], in[rank - 1] == 2};
      T* y = context.outputs[0].as<T>() + i * out[rank - 1];
      const double scale = inverse ? 1 / static_cast<double>(length) : 1.0;
      if (to_real) {
        y[0] = static_cast<T>(real_inverse_at(x, k, length) * scale);
        continue;
      }
      const Complex value = transform_at(x, inverse ? k : -k, length);
      y[0] = static_cast<T>(value.re * scale);
      y[1] = static_cast<T>(value.im * scale);
    }
    return {};
  });
}

Status infer_stft(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 4));
  KITE_TRY(context.require_float(0));
  KITE_TRY_ASSIGN(const std::int64_t onesided, context.get_int("onesided", 1));
  const Shape& x = context.shape(0);
  if (x.rank() != 3 || (x[2] != 1 && x[2] != 2)) {
    return context.invalid("input " + x.to_string() + " must be [batch,length,1] or [batch,length,2]");
  }
  if (onesided != 0 && x[2] == 2) return context.invalid("one side is enough for real numbers only");
  KITE_TRY_ASSIGN(const std::int64_t step, context.constant_int(1, "frame_step"));
  std::int64_t length = x[1];
  if (context.has_input(2)) {
    KITE_TRY(context.require_same_dtype(0, 2));
    if (context.shape(2).rank() != 1) return context.invalid("input 'window' must be a list");
    length = context.shape(2)[0];
  }
  if (context.has_input(3)) {
    KITE_TRY_ASSIGN(const std::int64_t stated, context.constant_int(3, "frame_length"));
    if (context.has_input(2) && stated != length) {
      return context.invalid("a window of " + std::to_string(length) + " for frames of " + std::to_string(stated));
    }
    length = stated;
  }
  if (step < 1 || length < 1 || length > x[1] || length > kMostLength) {
    return context.invalid("frames of " + std::to_string(length) + ", " + std::to_string(step) +
                           " apart, of a signal of " + std::to_string(x[1]));
  }
  context.set_terms(4 * length);
  return context.set_output(
      0, context.input(0).dtype,
      std::vector<std::int64_t>{x[0], (x[1] - length) / step + 1, onesided != 0 ? length / 2 + 1 : length, 2});
}

Status compute_stft(const ComputeContext& context) {
  const Shape& in = context.inputs[0].type.shape;
  const Shape& out = context.outputs[0].type.shape;
  const std::int64_t step = IndexView(context.inputs[1])[0];
  const bool has_window = context.has_input(2);
  std::int64_t length = has_window ? context.inputs[2].type.shape[0] : in[1];
  if (context.has_input(3)) length = IndexView(context.inputs[3])[0];
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(out.elements(0, 3));
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t frame = i / out[2] % out[1];
      const std::int64_t batch = i / out[2] / out[1];
      const Signal<T> x{context.inputs[0].as<T>() + (batch * in[1] + frame * step) * in[2], in[2], length, in[2] == 2,
                        has_window ? context.inputs[2].as<T>() : nullptr};
      const Complex value = transform_at(x, -(i % out[2]), length);
      context.outputs[0].as<T>()[i * 2] = static_cast<T>(value.re);
      context.outputs[0].as<T>()[i * 2 + 1] = static_cast<T>(value.im);
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kDFTOperator = {
    "", "DFT", 17, kLastOpset, "dft_length and axis must be constant", infer_dft, compute_dft, Sharing::kShared};
extern constinit const Operator kSTFTOperator = {
    "",           "STFT",          17, kLastOpset, "frame_step and frame_length must be constant", infer_stft,
    compute_stft, Sharing::kShared};

}  // namespace kite
