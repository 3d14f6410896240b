// SPDX-License-Identifier: Apache-2.0
// Lowers convolutions and matrix products of 8-bit numbers to the qconv family, where the weights and what they are
// scaled with are constants. x may have a scale and a zero point that are known at run time only.
#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/qconv/qconv.h"
#include "ops/quantization.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "plan/lower/lowering.h"
#include "plan/lower/region.h"

namespace kite {

namespace {

// Where the operators have what the product reads; kNoValue where an operator has no such input.
struct Operands {
  ValueId x, x_scale, x_zero;
  ValueId w, w_scale, w_zero;
  ValueId y_scale, y_zero;
  ValueId bias;          // int32, or float32
  bool input_first;      // w is [in_c, out_c]
  std::int64_t low = 0;  // y's limits in 8 bits; the type's, unless low < high
  std::int64_t high = 0;
};

// The floats of a constant, one for each channel; nullopt where it is no such constant.
std::optional<std::vector<float>> channel_floats(const Lowering& lowering, ValueId id, std::int64_t channels) {
  if (!lowering.graph().is_constant(id) || lowering.type(id).dtype != DType::kFloat32) return std::nullopt;
  const TensorView& view = *lowering.graph().value(id).constant;
  const std::int64_t count = view.type.shape.elements();
  if (count != 1 && count != channels) return std::nullopt;
  std::vector<float> values(static_cast<std::size_t>(channels));
  for (std::int64_t k = 0; k < channels; ++k) {
    std::memcpy(&values[static_cast<std::size_t>(k)], view.data + (count == 1 ? 0 : k * 4), 4);
  }
  return values;
}

std::optional<float> one_float(const Lowering& lowering, ValueId id) {
  if (id == kNoValue || lowering.shape(id).elements() != 1) return std::nullopt;
  const auto values = channel_floats(lowering, id, 1);
  return values ? std::optional((*values)[0]) : std::nullopt;
}

const void* data_of(const Lowering& lowering, ValueId id) {
  return id == kNoValue ? nullptr : lowering.graph().value(id).constant->data;
}

// The numbers of a step's table live as long as the job that writes it.
struct Table {
  QWeights weights{};
  std::vector<float> factors, addends;
};

// Whether the operands' types, and which of them are constants, are those that the family computes with.
bool are_computable(const Lowering& lowering, const Operands& o, std::int64_t channels) {
  const Graph& graph = lowering.graph();
  if (!graph.is_constant(o.w) || !constant_or_absent(graph, o.w_zero) || !constant_or_absent(graph, o.bias))
    return false;
  if (!constant_or_absent(graph, o.y_zero)) return false;
  const auto is_8_bit = [&](ValueId id) {
    return lowering.type(id).dtype == DType::kUInt8 || lowering.type(id).dtype == DType::kInt8;
  };
  const auto is_one = [&](ValueId id) { return id == kNoValue || lowering.shape(id).elements() == 1; };
  if (!is_8_bit(o.x) || !is_8_bit(o.w) || !is_one(o.x_zero) || !is_one(o.x_scale) || !is_one(o.y_zero)) return false;
  if (o.x_scale != kNoValue && lowering.type(o.x_scale).dtype != DType::kFloat32) return false;
  if (o.bias != kNoValue && lowering.shape(o.bias).elements() != channels) return false;
  return lowering.shape(o.x).elements() != 0;
}

// What y is made with: factors, addends, the family's params. False where scales are not known that must be.
bool read_result(const Lowering& lowering, const Operands& o, DType y, QConvParams& params, Table& table) {
  const std::int64_t channels = params.conv.out_c;
  if (y == DType::kInt32) {
    params.result = QResult::kWhole;
    return true;
  }
  const auto w_scales = channel_floats(lowering, o.w_scale, channels);
  if (!w_scales) return false;
  const bool bias_is_real = o.bias != kNoValue && lowering.type(o.bias).dtype == DType::kFloat32;
  if (bias_is_real) {
    const auto addends = channel_floats(lowering, o.bias, channels);
    if (!addends) return false;
    table.addends = *addends;
    params.has_addend = 1;
  }
  if (y == DType::kFloat32) {
    params.result = QResult::kFloat;
    table.factors = *w_scales;
    return true;
  }
  const auto x_scale = one_float(lowering, o.x_scale), y_scale = one_float(lowering, o.y_scale);
  if (!x_scale || !y_scale) return false;
  params.result = QResult::kBytes;
  for (const float w_scale : *w_scales) table.factors.push_back(*x_scale * w_scale / *y_scale);
  for (float& addend : table.addends) addend /= *y_scale;
  const TensorView zero = o.y_zero == kNoValue ? TensorView{} : *lowering.graph().value(o.y_zero).constant;
  params.zero = ZeroPoints(zero)[0];
  const bool is_signed = y == DType::kInt8;
  const std::int64_t low = o.low < o.high ? o.low
                           : is_signed    ? -128
                                          : 0,
                     high = o.low < o.high ? o.high
                            : is_signed    ? 127
                                           : 255;
  params.least = static_cast<float>(low - params.zero);
  params.most = static_cast<float>(high - params.zero);
  return true;
}

bool has_w_zeros(const TensorView& zeros, bool is_signed) {
  if (zeros.data == nullptr) return !is_signed;
  for (std::int64_t i = 0; i < zeros.type.shape.elements(); ++i) {
    if (zeros.data[i] != std::byte{static_cast<unsigned char>(is_signed ? 0 : 128)}) return true;
  }
  return false;
}

// A product that the family computes.
struct Product {
  Operands operands;
  QConvParams params;
  std::shared_ptr<const Table> table;
};

// Nothing where the family cannot compute the product. `params` holds the convolution.
std::optional<Product> read_product(const Lowering& lowering, NodeId id, const Operands& o, QConvParams params) {
  const Graph& graph = lowering.graph();
  const ValueId to = graph.node(id).outputs[0];
  if (!are_computable(lowering, o, params.conv.out_c) || lowering.shape(to).elements() == 0) return std::nullopt;
  const auto table = std::make_shared<Table>();
  if (!read_result(lowering, o, lowering.type(to).dtype, params, *table)) return std::nullopt;
  const TensorView zeros = o.w_zero == kNoValue ? TensorView{} : *graph.value(o.w_zero).constant;
  params.x_signed = lowering.type(o.x).dtype == DType::kInt8 ? 1 : 0;
  QWeights& weights = table->weights;
  weights.w = data_of(lowering, o.w);
  weights.zeros = zeros.data;
  weights.is_signed = lowering.type(o.w).dtype == DType::kInt8;
  weights.zero_per_channel = zeros.data != nullptr && zeros.type.shape.elements() > 1;
  weights.input_first = o.input_first;
  weights.bias = params.has_addend != 0 ? nullptr : data_of(lowering, o.bias);
  weights.factors = table->factors.empty() ? nullptr : table->factors.data();
  weights.addends = table->addends.empty() ? nullptr : table->addends.data();
  params.has_w_zeros = has_w_zeros(zeros, weights.is_signed) ? 1 : 0;
  if (!kQConv.supports(params)) return std::nullopt;
  return Product{o, params, table};
}

// Appends the step, which makes `to`.
void append(Lowering& lowering, NodeId id, const Product& product, ValueId to) {
  const auto& [o, params, table] = product;
  const Kernel& kernel = kQConv.best_kernel(lowering.target());
  ConvParams shape = params.conv;
  shape.activation = {};
  std::string key(reinterpret_cast<const char*>(&shape), sizeof shape);
  const std::uint64_t parts[] = {reinterpret_cast<std::uintptr_t>(table->weights.w), kernel.id,
                                 o.input_first ? 1u : 0u};
  key.append(reinterpret_cast<const char*>(parts), sizeof parts);
  const OperandId packed =
      lowering.made_constant(std::move(key), kQConv.packed_bytes(params), [product, &kernel](std::byte* out) {
        kQConv.pack(product.params, kernel, product.table->weights, reinterpret_cast<std::int8_t*>(out));
      });
  const OperandId numbers =
      lowering.made_constant("table " + std::to_string(id), kQConv.table_bytes(params), [product](std::byte* out) {
        kQConv.fill_table(product.params, product.table->weights, reinterpret_cast<std::int32_t*>(out));
      });
  const ValueId x_scale = params.result == QResult::kFloat ? o.x_scale : kNoValue;
  lowering.step(id, kQConv, params,
                {lowering.operand(o.x), packed, numbers, lowering.operand(o.x_zero), lowering.operand(x_scale)},
                {lowering.operand(to)});
}

std::optional<Product> read_qlinear_conv(const Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const auto at = [&](std::size_t i) { return input_of(node, i); };
  Operands operands{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), false};
  operands.low = node.attributes.get_int("low", 0);
  operands.high = node.attributes.get_int("high", 0);
  QConvParams params{};
  if (!read_conv(lowering, node, at(3), params.conv)) return std::nullopt;
  return read_product(lowering, id, operands, params);
}

// x [..., in] times a matrix, as a 1x1 convolution over a row of pixels.
std::optional<Product> read_matrix(const Lowering& lowering, NodeId id, const Operands& operands) {
  const Shape& x = lowering.shape(operands.x);
  const Shape& w = lowering.shape(operands.w);
  if (w.rank() != 2 || x.rank() < 1 || x.elements() == 0) return std::nullopt;
  const std::int64_t in = x[x.rank() - 1], rows = x.elements() / in, out = w[operands.input_first ? 1 : 0];
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (in > kMost || rows > kMost || out > kMost) return std::nullopt;
  QConvParams params{};
  params.conv = {.in_w = static_cast<std::int32_t>(rows),
                 .in_c = static_cast<std::int32_t>(in),
                 .out_w = static_cast<std::int32_t>(rows),
                 .out_c = static_cast<std::int32_t>(out)};
  return read_product(lowering, id, operands, params);
}

std::optional<Product> read_qlinear_matmul(const Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const auto at = [&](std::size_t i) { return input_of(node, i); };
  return read_matrix(lowering, id, {at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), kNoValue, true});
}

std::optional<Product> read_matmul_to_float(const Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const auto at = [&](std::size_t i) { return input_of(node, i); };
  return read_matrix(lowering, id, {at(0), at(2), at(4), at(1), at(3), at(5), kNoValue, kNoValue, at(6), true});
}

std::optional<Product> read_matmul_integer(const Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const auto at = [&](std::size_t i) { return input_of(node, i); };
  return read_matrix(lowering, id,
                     {at(0), kNoValue, at(2), at(1), kNoValue, at(3), kNoValue, kNoValue, kNoValue, true});
}

std::optional<Product> read_qgemm(const Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const auto at = [&](std::size_t i) { return input_of(node, i); };
  const bool plain = node.attributes.get_int("transA", 0) == 0 && node.attributes.get_float("alpha", 1.0F) == 1.0F;
  const bool input_first = node.attributes.get_int("transB", 0) == 0;
  // C for each column, and so small that its sum with any product is one of 32 bits.
  const Shape& y = lowering.shape(node.outputs[0]);
  if (!plain || lowering.shape(at(0))[1] > kMostQProducts / 2) return std::nullopt;
  if (at(6) != kNoValue) {
    const auto c = lowering.graph().is_constant(at(6)) ? int_constant(lowering.graph(), at(6)) : std::nullopt;
    const Shape& shape = lowering.shape(at(6));
    const auto is_small = [](std::int64_t number) { return number < (1 << 30) && number > -(1 << 30); };
    if (!c || shape.rank() == 0 || shape[shape.rank() - 1] != y[1] || !std::ranges::all_of(*c, is_small)) {
      return std::nullopt;
    }
  }
  return read_matrix(lowering, id, {at(0), at(1), at(2), at(3), at(4), at(5), at(7), at(8), at(6), input_first});
}

using ProductReader = std::optional<Product> (*)(const Lowering& lowering, NodeId id);

template <ProductReader read>
Result<bool> lower(Lowering& lowering, NodeId id) {
  const auto product = read(lowering, id);
  if (product) append(lowering, id, *product, lowering.graph().node(id).outputs[0]);
  return product.has_value();
}

// A product whose result is real, and an activation of it.
std::optional<Product> read_activated(const Lowering& lowering, NodeId product, NodeId activation) {
  const Graph& graph = lowering.graph();
  const Node& node = graph.node(product);
  const auto form = activation_form(graph, graph.node(activation));
  if (!form) return std::nullopt;
  auto read = is_op(node, "QLinearConv", kInternalDomain)            ? read_qlinear_conv(lowering, product)
              : is_op(node, "MatMulIntegerToFloat", "com.microsoft") ? read_matmul_to_float(lowering, product)
                                                                     : std::nullopt;
  if (!read || read->params.result != QResult::kFloat) return std::nullopt;
  read->params.conv.activation = *form;
  return read;
}

Region match_activated_product(const Lowering& lowering, NodeId last) {
  const Graph& graph = lowering.graph();
  const Node& activation = graph.node(last);
  if (!activation_form(graph, activation) || !graph.is_read_once(activation.inputs[0])) return {};
  const NodeId product = graph.value(activation.inputs[0]).producer;
  return product != kNoNode && read_activated(lowering, product, last) ? Region{product, last} : Region{};
}

Status lower_activated_product(Lowering& lowering, std::span<const NodeId> region) {
  const auto product = read_activated(lowering, region[0], region[1]);
  append(lowering, region[1], *product, lowering.graph().node(region[1]).outputs[0]);
  return {};
}

constexpr LowerRule kQuantisedRules[] = {{kInternalDomain, "QLinearConv", lower<read_qlinear_conv>},
                                         {"", "QLinearMatMul", lower<read_qlinear_matmul>},
                                         {"", "MatMulInteger", lower<read_matmul_integer>},
                                         {"com.microsoft", "MatMulIntegerToFloat", lower<read_matmul_to_float>},
                                         {"com.microsoft", "QGemm", lower<read_qgemm>}};
constexpr RegionRule kQuantisedRegionRules[] = {{match_activated_product, lower_activated_product}};

}  // namespace

std::span<const LowerRule> quantised_rules() noexcept { return kQuantisedRules; }
std::span<const RegionRule> quantised_region_rules() noexcept { return kQuantisedRegionRules; }

}  // namespace kite
