// SPDX-License-Identifier: Apache-2.0
// Convolutions, pools and matrix products of com.microsoft: with a sum and an activation behind them, with transposed
// operands, or over channels-last pictures.
#include <array>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/expand/rules.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// A node of the standard domain with the attributes of the replaced one that it knows.
ValueId add_with(Expansion& node, std::string_view op_type, int opset, std::vector<ValueId> inputs,
                 std::initializer_list<std::string_view> names) {
  if (node.failed()) return kNoValue;
  while (!inputs.empty() && inputs.back() == kNoValue) inputs.pop_back();
  Node made = make_node(op_type, opset, std::move(inputs));
  for (const std::string_view name : names) {
    if (const Attribute* attribute = node.attributes().find(name))
      made.attributes.set(attribute->name, attribute->value);
  }
  return node.add(std::move(made));
}

ValueId convolution(Expansion& node, ValueId x, ValueId w) {
  return add_with(node, "Conv", 11, {x, w, node.in(2)},
                  {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"});
}

// [N,...,C] to [N,C,...] and back.
std::vector<std::int64_t> channels_second(int rank) {
  std::vector<std::int64_t> perm(static_cast<std::size_t>(rank));
  std::iota(perm.begin(), perm.end(), std::int64_t{-1});
  perm[0] = 0;
  perm[1] = rank - 1;
  for (std::size_t i = 2; i < perm.size(); ++i) perm[i] = static_cast<std::int64_t>(i) - 1;
  return perm;
}
std::vector<std::int64_t> channels_back(int rank) {
  std::vector<std::int64_t> perm = {0};
  for (int i = 2; i < rank; ++i) perm.push_back(i);
  perm.push_back(1);
  return perm;
}

Status require_channels_last(const Expansion& node) {
  if (node.shape(0).rank() >= 3) return {};
  return node.invalid("the input has shape " + node.shape(0).to_string() + ", expected [N,...,C]");
}

}  // namespace

// act(conv(x, w) + bias + z)
Status expand_fused_conv(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 4));
  node.give(0, activated(node, node.plus(convolution(node, node.in(0), node.in(1)), node.in(3))));
  return {};
}

namespace {

Status expand_channels_last(Expansion& node, ValueId w) {
  KITE_TRY(require_channels_last(node));
  const int rank = node.shape(0).rank();
  const ValueId conv = convolution(node, node.transposed(node.in(0), channels_second(rank)), w);
  node.give(0, activated(node, node.plus(node.transposed(conv, channels_back(rank)), node.in(3))));
  return {};
}

}  // namespace

// The optimiser that writes this operator has turned the weights, too.
Status expand_nhwc_conv(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 3));
  KITE_TRY(require_channels_last(node));
  const int rank = node.shape(0).rank();
  if (node.shape(1).rank() != rank) return node.invalid("the weights have shape " + node.shape(1).to_string());
  return expand_channels_last(node, node.transposed(node.in(1), channels_second(rank)));
}

Status expand_nhwc_fused_conv(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 4));
  return expand_channels_last(node, node.in(1));
}

Status expand_nhwc_max_pool(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 1));
  KITE_TRY(require_channels_last(node));
  const int rank = node.shape(0).rank();
  const ValueId pool = add_with(node, "MaxPool", 12, {node.transposed(node.in(0), channels_second(rank))},
                                {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides"});
  node.give(0, node.transposed(pool, channels_back(rank)));
  return {};
}

Status expand_conv_transpose(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 4));
  Node made = make_node("ConvTranspose", 11, {node.in(0), node.in(1)});
  if (node.has_input(3)) made.inputs.push_back(node.in(3));
  for (const char* name : {"auto_pad", "dilations", "group", "kernel_shape", "output_padding", "strides"}) {
    if (const Attribute* attribute = node.attributes().find(name)) made.attributes.set(name, attribute->value);
  }
  if (node.has_input(2)) {
    KITE_TRY_ASSIGN(std::vector<std::int64_t> pads, node.constant_ints(2, "Pads"));
    made.attributes.set("pads", std::move(pads));
  }
  node.give(0, node.add(std::move(made)));
  return {};
}

Status expand_fused_gemm(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 3));
  const ValueId product =
      add_with(node, "Gemm", 13, {node.in(0), node.in(1), node.in(2)}, {"alpha", "beta", "transA", "transB"});
  node.give(0, activated(node, product));
  return {};
}

Status expand_gemm_fast_gelu(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 3));
  node.give(0, tanh_gelu(node, node.plus(node.add("MatMul", 13, {node.in(0), node.in(1)}), node.in(2))));
  return {};
}

namespace {

// The operand as MatMul takes it. `batches_inside`: axis 0 belongs to the matrix, and the batch axes lie between its
// two. An operand of rank 1 has nothing to transpose.
Result<ValueId> operand(Expansion& node, int i, std::string_view transpose, std::string_view batches_inside) {
  KITE_TRY_ASSIGN(const std::int64_t is_transposed, node.get_int(transpose, 0));
  KITE_TRY_ASSIGN(const std::int64_t is_inside, node.get_int(batches_inside, 0));
  const int rank = node.shape(i).rank();
  std::vector<std::int64_t> perm(static_cast<std::size_t>(rank));
  std::iota(perm.begin(), perm.end(), std::int64_t{0});
  if (rank < 2) return node.in(i);
  if (is_inside != 0) std::rotate(perm.begin(), perm.begin() + 1, perm.end() - 1);
  if (is_transposed != 0) std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return node.transposed(node.in(i), perm);
}

}  // namespace

// alpha * a' x b'
Status expand_fused_matmul(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 2));
  KITE_TRY(node.require_float(0));
  KITE_TRY_ASSIGN(const float alpha, node.get_float("alpha", 1));
  KITE_TRY_ASSIGN(const ValueId a, operand(node, 0, "transA", "transBatchA"));
  KITE_TRY_ASSIGN(const ValueId b, operand(node, 1, "transB", "transBatchB"));
  node.give(0, node.times(node.add("MatMul", 13, {a, b}), static_cast<double>(alpha)));
  return {};
}

}  // namespace kite
