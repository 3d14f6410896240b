// SPDX-License-Identifier: Apache-2.0
// Activations of com.microsoft, also those that are attributes of a product, and elementwise operators that the
// standard had before version 1.
#include <algorithm>
#include <array>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "paperkite/try.h"
#include "passes/expand/rules.h"
#include "tensor/activation_names.h"

namespace kite {

namespace {

// What a product of com.microsoft may apply to its result. The order of the parameters is that of `activation_params`.
constexpr std::array kFusedActivations = {Activation::kRelu,           Activation::kSigmoid,  Activation::kTanh,
                                          Activation::kLeakyRelu,      Activation::kClip,     Activation::kHardSwish,
                                          Activation::kHardSigmoid,    Activation::kElu,      Activation::kSelu,
                                          Activation::kCelu,           Activation::kSoftplus, Activation::kSoftsign,
                                          Activation::kThresholdedRelu};

// Parameter i of a fused activation, which the activation's own operator calls `name`.
std::optional<float> parameter(const Attributes& attributes, std::size_t i, std::string_view name) {
  if (attributes.has("activation_params")) {
    const auto values = attributes.get_floats("activation_params");
    return i < values.size() ? std::optional(values[i]) : std::nullopt;
  }
  const Attribute* named = attributes.find("activation_" + std::string(name));
  const float* value = named == nullptr ? nullptr : std::get_if<float>(&named->value);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

}  // namespace

ValueId activated(Expansion& node, ValueId x) {
  const auto name = node.get_string("activation", "");
  if (!name.ok()) return node.fail(name.error()), kNoValue;
  if (!node.attributes().has("activation")) return x;
  const auto kind = activation_of_operator(*name);
  if (!kind || std::ranges::find(kFusedActivations, *kind) == kFusedActivations.end()) {
    return node.fail(node.unsupported("the activation \"" + *name + "\"")), kNoValue;
  }
  const ActivationSource source =
      *kind == Activation::kClip ? ActivationSource{"Clip", "min", 0, "max", 0} : activation_source(*kind);
  std::vector<Attribute> attributes;
  for (const std::string_view parameter_name : {source.a, source.b}) {
    if (parameter_name.empty()) continue;
    const auto value = parameter(node.attributes(), attributes.size(), parameter_name);
    if (!value) {
      return node.fail(node.invalid("the activation \"" + *name + "\" has no " + std::string(parameter_name))),
             kNoValue;
    }
    attributes.push_back({std::string(parameter_name), *value});
  }
  if (*kind == Activation::kClip) {
    const auto limit = [&](std::size_t i) {
      return node.number(static_cast<double>(std::get<float>(attributes[i].value)), x);
    };
    return node.add("Clip", 13, {x, limit(0), limit(1)});
  }
  if (attributes.size() == 2) return node.add(*name, 16, {x}, {attributes[0], attributes[1]});
  if (attributes.size() == 1) return node.add(*name, 16, {x}, {attributes[0]});
  return node.add(*name, 16, {x});
}

// x/2 * (1 + tanh(u)) = x * sigmoid(2 u) with u = sqrt(2 / pi) * (x + 0.044715 x^3), of operators that have kernels.
ValueId tanh_gelu(Expansion& node, ValueId x) {
  const double slope = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
  const ValueId square = node.times(node.add("Mul", 14, {x, x}), slope * 0.044715);
  const ValueId factor = node.plus(square, node.number(slope, x));
  return node.add("Mul", 14, {x, node.add("Sigmoid", 13, {node.add("Mul", 14, {x, factor})})});
}

Status expand_gelu(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 2));
  node.give(0, node.add("Gelu", 20, {node.plus(node.in(0), node.in(1))}));
  return {};
}

Status expand_fast_gelu(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 2));
  node.give(0, tanh_gelu(node, node.plus(node.in(0), node.in(1))));
  return {};
}

Status expand_quick_gelu(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 1));
  KITE_TRY(node.require_float(0));
  KITE_TRY_ASSIGN(const float alpha, node.get_float("alpha", 1.702F));
  const ValueId gate = node.add("Sigmoid", 13, {node.times(node.in(0), static_cast<double>(alpha))});
  node.give(0, node.add("Mul", 14, {node.in(0), gate}));
  return {};
}

// The first half of the channels times the GELU of the second.
Status expand_bias_split_gelu(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 2));
  const std::vector<ValueId> halves =
      node.add_many("Split", 13, {node.plus(node.in(0), node.in(1))}, 2, {{"axis", std::int64_t{-1}}});
  node.give(0, node.add("Mul", 14, {halves[0], node.add("Gelu", 20, {halves[1]})}));
  return {};
}

Status expand_bias_add(Expansion& node) {
  KITE_TRY(node.require_inputs(3, 3));
  node.give(0, node.plus(node.plus(node.in(0), node.in(1)), node.in(2)));
  return {};
}

// The bias broadcasts as numpy has it; which of its axes do is what `is_inner_broadcast` repeats.
Status expand_bias_softmax(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 2));
  KITE_TRY_ASSIGN(const std::int64_t axis, node.get_int("axis", 1));
  KITE_TRY(node.get_int("is_inner_broadcast", 0));
  node.give(0, node.add("Softmax", 11, {node.plus(node.in(0), node.in(1))}, {{"axis", axis}}));
  return {};
}

// Dropout does nothing outside of training.
Status expand_bias_dropout(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 5));
  const TensorView* training = node.constant(4);
  if (node.has_input(4) &&
      (training == nullptr || training->bytes().empty() || training->bytes().front() != std::byte{0})) {
    return node.unsupported("training mode", "export the model in inference mode");
  }
  node.give(0, node.plus(node.plus(node.in(0), node.in(1)), node.in(2)));
  return {};
}

Status expand_affine(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 1));
  KITE_TRY(node.require_float(0));
  KITE_TRY_ASSIGN(const float alpha, node.get_float("alpha", 1));
  KITE_TRY_ASSIGN(const float beta, node.get_float("beta", 0));
  const ValueId product = node.times(node.in(0), static_cast<double>(alpha));
  node.give(0, beta == 0 ? product : node.plus(product, node.number(static_cast<double>(beta), product)));
  return {};
}

Status expand_scale(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 1));
  KITE_TRY(node.require_float(0));
  KITE_TRY_ASSIGN(const float scale, node.get_float("scale", 1));
  node.give(0, node.times(node.in(0), static_cast<double>(scale)));
  return {};
}

Status expand_image_scaler(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 1));
  KITE_TRY(node.require_float(0));
  KITE_TRY_ASSIGN(const float scale, node.get_float("scale", 1));
  const auto bias = node.attributes().get_floats("bias");
  const Shape& x = node.shape(0);
  if (x.rank() != 4 || (node.attributes().has("bias") && std::cmp_not_equal(bias.size(), x[1]))) {
    return node.invalid("the input is " + x.to_string() + " and 'bias' has " + std::to_string(bias.size()) +
                        " numbers, expected pictures [N,C,H,W] and one number for each channel");
  }
  const ValueId product = node.times(node.in(0), static_cast<double>(scale));
  if (bias.empty()) return node.give(0, product), Status{};
  const std::vector<double> numbers(bias.begin(), bias.end());
  node.give(0, node.plus(product, node.numbers(numbers, Shape{x[1], 1, 1}, product)));
  return {};
}

namespace {

// alpha * f(beta * x)
Status expand_scaled(Expansion& node, std::string_view function) {
  KITE_TRY(node.require_inputs(1, 1));
  KITE_TRY(node.require_float(0));
  KITE_TRY_ASSIGN(const float alpha, node.get_float("alpha", 1));
  KITE_TRY_ASSIGN(const float beta, node.get_float("beta", 1));
  const ValueId inner = node.times(node.in(0), static_cast<double>(beta));
  node.give(0, node.times(node.add(function, 13, {inner}), static_cast<double>(alpha)));
  return {};
}

}  // namespace

Status expand_parametric_softplus(Expansion& node) { return expand_scaled(node, "Softplus"); }
Status expand_scaled_tanh(Expansion& node) { return expand_scaled(node, "Tanh"); }

}  // namespace kite
