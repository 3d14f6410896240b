// SPDX-License-Identifier: Apache-2.0
// CausalConvWithState: y[n,c,i] = f(bias[c] + sum over t < k of w[c,t] * s[n,c,i+t]), where s are the k-1 values of the
// past state (or zeros) and then x. The new state is the last k-1 values of s.
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Inputs: x, weights, bias, past_state.
Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 4));
  KITE_TRY(context.require_float(0));
  for (const int i : {1, 2, 3}) {
    if (context.has_input(i)) KITE_TRY(context.require_same_dtype(0, i));
  }
  KITE_TRY_ASSIGN(const std::string activation, context.get_string("activation", "none"));
  if (activation != "none" && activation != "silu" && activation != "swish") {
    return context.invalid("attribute 'activation' is \"" + activation + "\", expected none, silu or swish");
  }
  const Shape& x = context.shape(0);
  const Shape& w = context.shape(1);
  if (x.rank() != 3 || w.rank() != 3 || w[0] != x[1] || w[1] != 1 || w[2] < 1) {
    return context.invalid("input " + x.to_string() + " and weights " + w.to_string() +
                           ": expected [batch, channels, length] and [channels, 1, kernel]");
  }
  if (context.has_input(2) && (context.shape(2).rank() != 1 || context.shape(2)[0] != x[1])) {
    return context.invalid("bias has shape " + context.shape(2).to_string() + ", expected [" + std::to_string(x[1]) +
                           "]");
  }
  KITE_TRY_ASSIGN(const Shape state, Shape::make(std::array{x[0], x[1], w[2] - 1}));
  if (context.has_input(3) && context.shape(3) != state) {
    return context.invalid("input 'past_state' has shape " + context.shape(3).to_string() + ", expected " +
                           state.to_string());
  }
  context.set_products(w[2]);
  KITE_TRY(context.set_output(0, context.input(0)));
  return context.set_output(1, TensorType{context.input(0).dtype, state});
}

template <typename T>
void convolve(const ComputeContext& context) {
  const Shape& x = context.inputs[0].type.shape;
  const std::int64_t channels = x[1], length = x[2], kernel = context.inputs[1].type.shape[2];
  const bool is_silu = context.attributes.get_string("activation", "none") != "none";
  const auto [first, last] = context.share.of(x[0] * channels, 1);
  for (std::int64_t line = first; line < last; ++line) {
    const T* row = context.inputs[0].as<T>() + line * length;
    const T* past = context.has_input(3) ? context.inputs[3].as<T>() + line * (kernel - 1) : nullptr;
    const auto element = [&](std::int64_t i) {
      return i >= kernel - 1 ? row[i - (kernel - 1)] : past == nullptr ? T{0} : past[i];
    };
    const T* w = context.inputs[1].as<T>() + line % channels * kernel;
    const double bias = context.has_input(2) ? static_cast<double>(context.inputs[2].as<T>()[line % channels]) : 0;
    for (std::int64_t i = 0; context.has_output(0) && i < length; ++i) {
      double sum = bias;
      for (std::int64_t t = 0; t < kernel; ++t) sum += static_cast<double>(w[t]) * static_cast<double>(element(i + t));
      context.outputs[0].as<T>()[line * length + i] = static_cast<T>(is_silu ? sum / (1 + std::exp(-sum)) : sum);
    }
    for (std::int64_t i = 0; context.has_output(1) && i < kernel - 1; ++i) {
      context.outputs[1].as<T>()[line * (kernel - 1) + i] = element(length + i);
    }
  }
}

Status compute(const ComputeContext& context) {
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    convolve<T>(context);
    return {};
  });
}

}  // namespace

extern constinit const Operator kCausalConvWithStateOperator = {
    "", "CausalConvWithState", 27, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
