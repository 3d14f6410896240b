// SPDX-License-Identifier: Apache-2.0
// Operators between DequantizeLinear and QuantizeLinear become the operators on 8-bit numbers that compute the same
// real number and round it once. Where the two forms could differ by more than a tie, the nodes stay as they are.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "ops/quantization.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/forms.h"
#include "passes/fuse_quantised/rules.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

bool is_8_bit(DType dtype) { return dtype == DType::kUInt8 || dtype == DType::kInt8; }

std::vector<float> floats_of(const Graph& graph, ValueId id) {
  const TensorView& view = *graph.value(id).constant;
  std::vector<float> values(static_cast<std::size_t>(view.type.shape.elements()));
  std::memcpy(values.data(), view.data, values.size() * 4);
  return values;
}

std::int32_t zero_of(const Graph& graph, ValueId zero) {
  return zero == kNoValue ? 0 : ZeroPoints(*graph.value(zero).constant)[0];
}

// What a QuantizeLinear rounds to.
struct Quantisation {
  ValueId scale = kNoValue, zero = kNoValue;
  DType dtype = DType::kUInt8;
  std::optional<std::int64_t> low, high;  // where an activation before it limits y further
};

// 0 of an 8-bit type, where a zero point is left out that the operators on 8-bit numbers must have.
ValueId zero_or(Graph& graph, ValueId zero, ValueId scale, DType dtype) {
  if (zero != kNoValue) return zero;
  Tensor none(dtype, shape_of(graph, scale));
  std::memset(none.mutable_view().data, 0, static_cast<std::size_t>(none.shape().elements()));
  return graph.add_constant(graph.value(scale).name + "_zero", std::move(none));
}

std::optional<Quantisation> quantisation_of(Graph& graph, const Node& node) {
  const ValueId scale = node.inputs[1], zero = input_of(node, 2);
  Quantisation to{scale, zero, dtype_of(graph, node.outputs[0]), {}, {}};
  if (!graph.is_constant(scale) || dtype_of(graph, scale) != DType::kFloat32 ||
      shape_of(graph, scale).elements() != 1 || !constant_or_absent(graph, zero) || !is_8_bit(to.dtype)) {
    return std::nullopt;
  }
  to.zero = zero_or(graph, zero, scale, to.dtype);
  return to;
}

// An input of an operator on 8-bit numbers.
std::optional<Dequantised> as_bytes(Graph& graph, ValueId id) {
  auto found = as_dequantised(graph, id);
  if (!found || found->axis >= 0 || !is_8_bit(dtype_of(graph, found->q))) return std::nullopt;
  found->zero = zero_or(graph, found->zero, found->scale, dtype_of(graph, found->q));
  return found;
}

// Constant weights in 8 bits, whose scales lie along `axis` where there is more than one.
std::optional<Dequantised> as_weights(Graph& graph, ValueId id, int axis) {
  auto found = as_dequantised(graph, id);
  if (!found || !graph.is_constant(found->q) || !is_8_bit(dtype_of(graph, found->q))) return std::nullopt;
  if (found->axis >= 0 && found->axis != axis) return std::nullopt;
  found->zero = zero_or(graph, found->zero, found->scale, dtype_of(graph, found->q));
  return found;
}

bool same_numbers(const Graph& graph, const Dequantised& x, const Quantisation& y) {
  return dtype_of(graph, x.q) == y.dtype && floats_of(graph, x.scale) == floats_of(graph, y.scale) &&
         zero_of(graph, x.zero) == zero_of(graph, y.zero);
}

bool is_all_zero(const Graph& graph, ValueId id) {
  if (id == kNoValue) return true;
  const auto bytes = graph.value(id).constant->bytes();
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

float at(const std::vector<float>& scales, std::int64_t k) {
  return scales[scales.size() == 1 ? 0 : static_cast<std::size_t>(k)];
}

// A bias in 32 bits as real numbers.
ValueId real_bias(Graph& graph, const Dequantised& bias, std::int64_t channels) {
  const std::vector<float> scales = floats_of(graph, bias.scale);
  const TensorView& q = *graph.value(bias.q).constant;
  std::vector<double> real(static_cast<std::size_t>(channels));
  for (std::int64_t k = 0; k < channels; ++k) {
    std::int32_t number = 0;
    std::memcpy(&number, q.data + k * 4, 4);
    real[static_cast<std::size_t>(k)] = static_cast<double>(static_cast<float>(number) * at(scales, k));
  }
  return add_float_constant(graph, graph.value(bias.q).name + "_real", DType::kFloat32, Shape{channels}, real);
}

// The bias of a product: in units of x_scale * w_scale[k], or real; nullopt where it is neither.
struct Bias {
  ValueId whole = kNoValue, real = kNoValue;
};
std::optional<Bias> bias_of(Graph& graph, ValueId id, const Dequantised& x, const Dequantised& w, std::int64_t channels,
                            bool wants_real) {
  if (id == kNoValue) return Bias{};
  if (graph.is_constant(id)) {
    const bool fits = dtype_of(graph, id) == DType::kFloat32 && shape_of(graph, id).elements() == channels;
    return fits ? std::optional(Bias{kNoValue, constant_as(graph, id, Shape{channels})}) : std::nullopt;
  }
  const auto bias = as_dequantised(graph, id);
  if (!bias || !graph.is_constant(bias->q) || shape_of(graph, bias->q).elements() != channels ||
      dtype_of(graph, bias->q) != DType::kInt32 || !is_all_zero(graph, bias->zero)) {
    return std::nullopt;
  }
  const float x_scale = floats_of(graph, x.scale)[0];
  const std::vector<float> w_scales = floats_of(graph, w.scale), scales = floats_of(graph, bias->scale);
  bool in_units = !wants_real;
  for (std::int64_t k = 0; k < channels; ++k) {
    const float unit = x_scale * at(w_scales, k);
    in_units = in_units && std::fabs(at(scales, k) - unit) <= 0x1p-22f * unit;
  }
  if (in_units) return Bias{constant_as(graph, bias->q, Shape{channels}), kNoValue};
  return Bias{kNoValue, real_bias(graph, *bias, channels)};
}

// y's limits in 8 bits after an activation; false where it is none of these.
bool limit(const Graph& graph, const Node& activation, Quantisation& to) {
  const float scale = floats_of(graph, to.scale)[0];
  const std::int32_t zero = zero_of(graph, to.zero);
  const Rounding rounding(to.dtype, zero);
  if (is_op(activation, "Relu")) {
    to.low = zero;
  } else if (is_op(activation, "Clip")) {
    const auto limits = clip_limits(graph, activation);
    if (!limits || limits->low > limits->high) return false;
    to.low = rounding.centred(static_cast<float>(limits->low) / scale) + zero;
    to.high = rounding.centred(static_cast<float>(limits->high) / scale) + zero;
  } else {
    return false;
  }
  const bool is_signed = to.dtype == DType::kInt8;
  to.high = to.high.value_or(is_signed ? 127 : 255);
  if (*to.low == (is_signed ? -128 : 0) && *to.high == (is_signed ? 127 : 255)) to.low = to.high = std::nullopt;
  // The internal operator means the type's limits by low == high.
  return !to.low || *to.low < *to.high;
}

Node microsoft(std::string_view op_type, std::vector<ValueId> inputs) {
  Node node = make_node(op_type, 1, std::move(inputs));
  node.domain = kMicrosoft;
  return node;
}

// A node on 8-bit numbers in the place of the QuantizeLinear `id`; then limits, where the node has none of its own.
Result<bool> replace_limited(Graph& graph, NodeId id, Node node, const Quantisation& to) {
  if (!to.low) {
    KITE_TRY(replace_node(graph, id, std::move(node)));
    return true;
  }
  const bool is_relu = *to.low == zero_of(graph, to.zero) && *to.high == (to.dtype == DType::kInt8 ? 127 : 255);
  if (!is_relu) return false;
  const std::string name = graph.value(graph.node(id).outputs[0]).name;
  KITE_TRY_ASSIGN(const ValueId whole, add_before(graph, id, std::move(node), name + "_unlimited"));
  Node relu = microsoft("QLinearLeakyRelu", {whole, to.scale, to.zero, to.scale, to.zero});
  relu.attributes.set("alpha", 0.0F);
  KITE_TRY(replace_node(graph, id, std::move(relu)));
  return true;
}

Result<bool> fuse_conv(Graph& graph, NodeId id, const Node& conv, const Quantisation* to) {
  const auto x = as_bytes(graph, conv.inputs[0]);
  const auto w = as_weights(graph, conv.inputs[1], 0);
  if (!x || !w || shape_of(graph, x->q).rank() != 4) return false;
  const auto bias = bias_of(graph, input_of(conv, 2), *x, *w, shape_of(graph, w->q)[0], to == nullptr);
  if (!bias) return false;
  QConvForm form{.x = x->q, .x_scale = x->scale, .x_zero = x->zero, .w = w->q, .w_scale = w->scale, .w_zero = w->zero};
  form.bias = bias->whole != kNoValue ? bias->whole : bias->real;
  if (to != nullptr) {
    form.y_scale = to->scale;
    form.y_zero = to->zero;
    form.low = to->low;
    form.high = to->high;
  }
  return replace_with_qconv(graph, id, conv, form);
}

Result<bool> fuse_matmul(Graph& graph, NodeId id, const Node& product, const Quantisation* to) {
  const auto a = as_bytes(graph, product.inputs[0]);
  const auto b = as_weights(graph, product.inputs[1], 1);
  if (!a || !b || shape_of(graph, b->q).rank() != 2 || shape_of(graph, a->q).rank() < 2) return false;
  if (to == nullptr) {
    Node node = microsoft("MatMulIntegerToFloat", {a->q, b->q, a->scale, b->scale, a->zero, b->zero});
    KITE_TRY(replace_node(graph, id, std::move(node)));
    return true;
  }
  return replace_limited(
      graph, id,
      make_node("QLinearMatMul", 10, {a->q, a->scale, a->zero, b->q, b->scale, b->zero, to->scale, to->zero}), *to);
}

Result<bool> fuse_gemm(Graph& graph, NodeId id, const Node& gemm, const Quantisation* to) {
  const bool turned = gemm.attributes.get_int("transB", 0) != 0;
  if (gemm.attributes.get_int("transA", 0) != 0 || gemm.attributes.get_float("alpha", 1) != 1.0F ||
      gemm.attributes.get_float("beta", 1) != 1.0F) {
    return false;
  }
  const auto a = as_bytes(graph, gemm.inputs[0]);
  const auto b = as_weights(graph, gemm.inputs[1], turned ? 0 : 1);
  if (!a || !b) return false;
  const auto bias = bias_of(graph, input_of(gemm, 2), *a, *b, shape_of(graph, b->q)[turned ? 0 : 1], false);
  if (!bias || bias->real != kNoValue) return false;
  Node node = microsoft("QGemm", {a->q, a->scale, a->zero, b->q, b->scale, b->zero, bias->whole});
  node.attributes.set("transB", std::int64_t{turned ? 1 : 0});
  if (to == nullptr) {
    KITE_TRY(replace_node(graph, id, std::move(node)));
    return true;
  }
  node.inputs.push_back(to->scale);
  node.inputs.push_back(to->zero);
  return replace_limited(graph, id, std::move(node), *to);
}

// Operators of com.microsoft that take each operand as (q, scale, zero) and then y's scale and zero.
Result<bool> fuse_named(Graph& graph, NodeId id, const Node& node, const Quantisation& to) {
  struct Named {
    std::string_view from, to;
    std::size_t operands;
  };
  constexpr std::array<Named, 6> kNamed = {{{"Add", "QLinearAdd", 2},
                                            {"Mul", "QLinearMul", 2},
                                            {"Sigmoid", "QLinearSigmoid", 1},
                                            {"LeakyRelu", "QLinearLeakyRelu", 1},
                                            {"AveragePool", "QLinearAveragePool", 1},
                                            {"GlobalAveragePool", "QLinearGlobalAveragePool", 1}}};
  const auto* named = std::ranges::find(kNamed, std::string_view(node.op_type), &Named::from);
  if (named == kNamed.end() || node.inputs.size() != named->operands) return false;
  std::vector<ValueId> inputs;
  for (const ValueId input : node.inputs) {
    const auto x = as_bytes(graph, input);
    if (!x) return false;
    inputs.insert(inputs.end(), {x->q, x->scale, x->zero});
  }
  inputs.insert(inputs.end(), {to.scale, to.zero});
  Node fused = microsoft(named->to, std::move(inputs));
  fused.attributes = node.attributes;
  return replace_limited(graph, id, std::move(fused), to);
}

Result<bool> fuse_concat(Graph& graph, NodeId id, const Node& concat, const Quantisation& to) {
  std::vector<ValueId> inputs = {to.scale, to.zero}, plain;
  bool same = true;
  for (const ValueId input : concat.inputs) {
    const auto x = as_bytes(graph, input);
    if (!x) return false;
    inputs.insert(inputs.end(), {x->q, x->scale, x->zero});
    plain.push_back(x->q);
    same = same && same_numbers(graph, *x, to);
  }
  Node node =
      same ? make_node("Concat", concat.opset, std::move(plain)) : microsoft("QLinearConcat", std::move(inputs));
  node.attributes = concat.attributes;
  return replace_limited(graph, id, std::move(node), to);
}

// Operators that choose or move elements: they do so with 8-bit numbers, where those stay the same.
Result<bool> fuse_movement(Graph& graph, NodeId id, const Node& node, const Quantisation& to) {
  constexpr std::array<std::string_view, 10> kMoves = {"DepthToSpace", "Flatten", "Gather",  "Identity",  "MaxPool",
                                                       "Reshape",      "Slice",   "Squeeze", "Transpose", "Unsqueeze"};
  if (std::ranges::find(kMoves, std::string_view(node.op_type)) == kMoves.end() || node.outputs.size() != 1)
    return false;
  const auto x = as_bytes(graph, node.inputs[0]);
  if (!x || !same_numbers(graph, *x, to)) return false;
  Node moved = node;
  moved.inputs[0] = x->q;
  return replace_limited(graph, id, std::move(moved), to);
}

// QuantizeLinear right behind DequantizeLinear, maybe with a Relu in between: a table.
Result<bool> fuse_requantised(Graph& graph, NodeId id, ValueId v, const Quantisation& to) {
  const auto x = as_bytes(graph, v);
  if (!x || (to.low && (*to.low != zero_of(graph, to.zero) || *to.high != (to.dtype == DType::kInt8 ? 127 : 255))))
    return false;
  if (!to.low && same_numbers(graph, *x, to)) {
    if (!bypass(graph, id, x->q)) KITE_TRY(replace_node(graph, id, make_node("Identity", 13, {x->q})));
    return true;
  }
  Node map = microsoft("QLinearLeakyRelu", {x->q, x->scale, x->zero, to.scale, to.zero});
  map.attributes.set("alpha", to.low ? 0.0F : 1.0F);
  KITE_TRY(replace_node(graph, id, std::move(map)));
  return true;
}

}  // namespace

std::optional<Dequantised> as_dequantised(const Graph& graph, ValueId id) {
  NodeId producer = producer_of(graph, id, "DequantizeLinear");
  if (producer == kNoNode) producer = producer_of(graph, id, "DequantizeLinear", kMicrosoft);
  if (producer == kNoNode) return std::nullopt;
  const Node& node = graph.node(producer);
  Dequantised found{node.inputs[0], node.inputs[1], input_of(node, 2), -1};
  if (!graph.is_constant(found.scale) || dtype_of(graph, found.scale) != DType::kFloat32 ||
      !constant_or_absent(graph, found.zero) || node.attributes.get_int("block_size", 0) != 0) {
    return std::nullopt;
  }
  const Shape& shape = shape_of(graph, found.scale);
  if (shape.elements() == 1) return found;
  if (shape.rank() != 1) return std::nullopt;
  found.axis = from_front(node.attributes.get_int("axis", 1), shape_of(graph, found.q).rank());
  return found;
}

Result<bool> fuse_before_quantize(Graph& graph, NodeId id) {
  ValueId v = graph.node(id).inputs[0];
  if (graph.value(v).producer == kNoNode) return false;
  auto to = quantisation_of(graph, graph.node(id));
  if (!to) return false;
  const auto producer = [&](ValueId value) {
    return graph.is_read_once(value) ? graph.value(value).producer : kNoNode;
  };
  NodeId source = producer(v);
  if (source != kNoNode && limit(graph, graph.node(source), *to)) {
    v = graph.node(source).inputs[0];
    source = producer(v);
  }
  KITE_TRY_ASSIGN(const bool requantised, fuse_requantised(graph, id, v, *to));
  if (requantised) return true;
  if (source == kNoNode) return false;
  const Node node = graph.node(source);
  if (!node.domain.empty()) return false;
  if (node.op_type == "Conv") return fuse_conv(graph, id, node, &*to);
  if (node.op_type == "MatMul") return fuse_matmul(graph, id, node, &*to);
  if (node.op_type == "Gemm") return fuse_gemm(graph, id, node, &*to);
  if (node.op_type == "Concat") return fuse_concat(graph, id, node, *to);
  KITE_TRY_ASSIGN(const bool moved, fuse_movement(graph, id, node, *to));
  return moved ? Result<bool>(true) : fuse_named(graph, id, node, *to);
}

Result<bool> fuse_without_quantize(Graph& graph, NodeId id) {
  const Node node = graph.node(id);
  if (node.op_type == "Conv") return fuse_conv(graph, id, node, nullptr);
  return node.op_type == "MatMul" ? fuse_matmul(graph, id, node, nullptr) : fuse_gemm(graph, id, node, nullptr);
}

}  // namespace kite
