// SPDX-License-Identifier: Apache-2.0
// Attention of com.microsoft: softmax(q k' * scale + mask + bias) v for each head.
// Dimensions: B pictures, S queries, L new keys, P past keys, T = P + L, N heads, H and V numbers of a head.
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/expand/rules.h"

namespace kite {

namespace {

constexpr float kMasked = -10000;

struct Heads {
  ValueId q = kNoValue;  // [B,N,S,H]
  ValueId k = kNoValue;  // [B,N,T,H]
  ValueId v = kNoValue;  // [B,N,T,V]
};

struct Options {
  std::int64_t heads = 0;
  double scale = 0;  // 0: 1 / sqrt(H)
  double masked = 0;
  bool is_causal = false;
  int mask = 0;  // number of the input, as the next one
  int bias = 0;
};

Result<Options> read_options(const Expansion& node, int mask, int bias) {
  Options options;
  KITE_TRY_ASSIGN(options.heads, node.get_int("num_heads", 0));
  if (options.heads < 1) return node.invalid("attribute 'num_heads' is " + std::to_string(options.heads));
  KITE_TRY_ASSIGN(const float scale, node.get_float("scale", 0));
  KITE_TRY_ASSIGN(const float masked, node.get_float("mask_filter_value", kMasked));
  KITE_TRY_ASSIGN(const std::int64_t is_causal, node.get_int("unidirectional", 0));
  for (const char* name : {"do_rotary", "past_present_share_buffer"}) {
    KITE_TRY_ASSIGN(const std::int64_t value, node.get_int(name, 0));
    if (value != 0) return node.unsupported(std::string("attribute '") + name + "'");
  }
  options.scale = static_cast<double>(scale);
  options.masked = static_cast<double>(masked);
  options.is_causal = is_causal != 0;
  options.mask = mask;
  options.bias = bias;
  return options;
}

// [B,L,N*H] as [B,N,L,H]
Result<ValueId> split_heads(Expansion& node, ValueId x, std::int64_t heads) {
  const Shape shape = node.shape_of_value(x);
  if (node.failed()) return kNoValue;
  if (shape.rank() != 3 || shape[2] % heads != 0) {
    return node.invalid("an operand is " + shape.to_string() + ", expected [batch,length," + std::to_string(heads) +
                        " heads]");
  }
  return node.transposed(node.reshaped(x, {shape[0], shape[1], heads, shape[2] / heads}), {0, 2, 1, 3});
}

ValueId positions(Expansion& node, std::int64_t count) {
  if (!node.may_copy(count * static_cast<std::int64_t>(sizeof(std::int32_t)))) {
    return node.fail(node.over_limit("the positions of its keys")), kNoValue;
  }
  Tensor tensor(DType::kInt32, Shape{count});
  std::iota(tensor.as<std::int32_t>(), tensor.as<std::int32_t>() + count, 0);
  return node.add_constant("positions", std::move(tensor));
}

// Which keys are seen: bool that broadcasts to [B,N,S,T]. The mask holds the number of keys of each picture [B], that
// number and the first key [2*B], or a number for each key [B,T] or each query and key [B,S,T], positive where it is
// seen.
Result<ValueId> seen_keys(Expansion& node, int mask, std::int64_t total) {
  const Shape& shape = node.shape(mask);
  const std::int64_t batch = node.shape(0)[0];
  KITE_TRY(node.get_int("num_heads", 0));
  if (node.input(mask).dtype != DType::kInt32) return node.unsupported("a mask that is not int32");
  if (shape.rank() == 1 && (shape[0] == batch || shape[0] == 2 * batch)) {
    const ValueId keys = positions(node, total);
    const bool has_first = shape[0] != batch;
    const auto limits = has_first ? node.add_many("Split", 13, {node.in(mask)}, 2) : std::vector{node.in(mask)};
    const ValueId below = node.add("Less", 9, {keys, node.reshaped(limits[0], {batch, 1, 1, 1})});
    if (!has_first) return below;
    const ValueId before = node.add("Less", 9, {keys, node.reshaped(limits[1], {batch, 1, 1, 1})});
    return node.add("And", 7, {below, node.add("Not", 7, {before})});
  }
  const bool is_for_keys = shape.rank() == 2 && shape[0] == batch && shape[1] == total;
  const bool is_for_pairs = shape.rank() == 3 && shape[0] == batch && shape[2] == total;
  if (!is_for_keys && !is_for_pairs) return node.unsupported("a mask of shape " + shape.to_string());
  const ValueId table = is_for_keys ? node.reshaped(node.in(mask), {batch, 1, 1, total})
                                    : node.reshaped(node.in(mask), {batch, 1, shape[1], total});
  Tensor zero(DType::kInt32, Shape{});
  *zero.as<std::int32_t>() = 0;
  return node.add("Greater", 9, {table, node.add_constant("zero", std::move(zero))});
}

// [S,T]: 0 where query i may see key j, which lies at or before it; the lowest number elsewhere.
ValueId causal_mask(Expansion& node, std::int64_t queries, std::int64_t total, ValueId like) {
  if (node.failed()) return kNoValue;  // else the scores have so many elements, and the product is one
  if (!node.may_copy(queries * total)) return node.fail(node.over_limit("its mask")), kNoValue;
  Tensor seen(DType::kBool, Shape{queries, total});
  for (std::int64_t i = 0; i < queries; ++i) {
    for (std::int64_t j = 0; j < total; ++j) seen.as<bool>()[i * total + j] = j <= i + total - queries;
  }
  return node.add("Where", 9,
                  {node.add_constant("causal", std::move(seen)), node.number(0, like),
                   node.number(static_cast<double>(std::numeric_limits<float>::lowest()), like)});
}

// Output 0, [B,S,N*V].
Status attend(Expansion& node, const Heads& heads, const Options& options) {
  if (node.failed()) return {};
  const Shape q = node.shape_of_value(heads.q);
  const Shape k = node.shape_of_value(heads.k);
  const Shape v = node.shape_of_value(heads.v);
  if (q.rank() != 4 || k.rank() != 4 || v.rank() != 4) return node.invalid("the operands have no heads");
  const double scale = options.scale != 0 ? options.scale : 1 / std::sqrt(static_cast<double>(q[3]));
  const ValueId product = node.add("MatMul", 13, {heads.q, node.transposed(heads.k, {0, 1, 3, 2})});
  ValueId scores = node.times(product, scale);
  if (node.has_input(options.mask)) {
    KITE_TRY_ASSIGN(const ValueId seen, seen_keys(node, options.mask, k[2]));
    scores =
        node.plus(scores, node.add("Where", 9, {seen, node.number(0, scores), node.number(options.masked, scores)}));
  }
  if (options.is_causal) scores = node.plus(scores, causal_mask(node, q[2], k[2], scores));
  scores = node.plus(scores, node.in(options.bias));
  const ValueId weights = node.add("Softmax", 13, {scores}, {{"axis", std::int64_t{-1}}});
  const ValueId mixed = node.transposed(node.add("MatMul", 13, {weights, heads.v}), {0, 2, 1, 3});
  node.give(0, node.reshaped(mixed, {q[0], q[2], q[1] * v[3]}));
  return {};
}

// q, k and v are neighbours along the last axis of [B,S,...]. `past` is [2,B,N,P,H], as output 1 with P + S keys is.
Status attend_to_self(Expansion& node, ValueId projected, int past, const Options& options) {
  const Shape shape = node.shape_of_value(projected);
  if (node.failed()) return {};
  if (shape.rank() != 3)
    return node.invalid("the projection is " + shape.to_string() + ", expected [batch,length,all heads]");
  KITE_TRY_ASSIGN(std::vector<std::int64_t> sizes, node.get_ints("qkv_hidden_sizes"));
  if (sizes.empty()) sizes.assign(3, shape[2] / 3);
  if (sizes.size() != 3) return node.invalid("attribute 'qkv_hidden_sizes' has not three numbers");
  const std::vector<ValueId> parts =
      node.add_many("Split", 13, {projected, node.integers(sizes)}, 3, {{"axis", std::int64_t{-1}}});
  Heads heads;
  KITE_TRY_ASSIGN(heads.q, split_heads(node, parts[0], options.heads));
  KITE_TRY_ASSIGN(heads.k, split_heads(node, parts[1], options.heads));
  KITE_TRY_ASSIGN(heads.v, split_heads(node, parts[2], options.heads));
  if (node.has_input(past)) {
    const Shape& kept = node.shape(past);
    if (kept.rank() != 5) return node.invalid("the past has shape " + kept.to_string() + ", expected rank 5");
    const std::vector<ValueId> old = node.add_many("Split", 13, {node.in(past)}, 2, {{"axis", std::int64_t{0}}});
    const auto joined = [&](ValueId before, ValueId now) {
      const ValueId lower = node.reshaped(before, {kept[1], kept[2], kept[3], kept[4]});
      return node.add("Concat", 13, {lower, now}, {{"axis", std::int64_t{2}}});
    };
    heads.k = joined(old[0], heads.k);
    heads.v = joined(old[1], heads.v);
  }
  if (node.has_output(1)) {
    const ValueId axis = node.integers({0});
    const ValueId k = node.add("Unsqueeze", 13, {heads.k, axis});
    node.give(1, node.add("Concat", 13, {k, node.add("Unsqueeze", 13, {heads.v, axis})}, {{"axis", std::int64_t{0}}}));
  }
  return attend(node, heads, options);
}

}  // namespace

// Inputs: x, weights, bias, mask, past, bias of the scores, length of the past.
Status expand_attention(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 6));
  KITE_TRY(node.require_float(0));
  KITE_TRY_ASSIGN(const Options options, read_options(node, 3, 5));
  const ValueId product = node.add("MatMul", 13, {node.in(0), node.in(1)});
  return attend_to_self(node, node.plus(product, node.in(2)), 4, options);
}

// Inputs: x, weights, bias, their scales, mask, their zero points, past.
Status expand_quantized_attention(Expansion& node) {
  KITE_TRY(node.require_inputs(5, 9));
  KITE_TRY_ASSIGN(const Options options, read_options(node, 5, 9));
  Node product;
  product.op_type = "MatMulIntegerToFloat";
  product.domain = "com.microsoft";
  product.opset = 1;
  product.inputs = {node.in(0), node.in(1), node.in(3), node.in(4), node.in(6), node.in(7), node.in(2)};
  return attend_to_self(node, node.add(std::move(product)), 8, options);
}

namespace {

// Inputs 0 to 2 of MultiHeadAttention in each of their forms. Several of them may lie in one tensor.
Result<Heads> operands(Expansion& node, const Options& options) {
  const Shape& query = node.shape(0);
  // [B,L,N,parts,H] as `parts` tensors [B,N,L,H].
  const auto unpacked = [&](int i, int parts) {
    std::vector<ValueId> found;
    const Shape& shape = node.shape(i);
    for (const ValueId part : node.add_many("Split", 13, {node.in(i)}, parts, {{"axis", std::int64_t{3}}})) {
      found.push_back(node.transposed(node.reshaped(part, {shape[0], shape[1], shape[2], shape[4]}), {0, 2, 1, 3}));
    }
    return found;
  };
  const bool is_packed = query.rank() == 5 && query[3] == 3;
  const bool pairs_are_packed = node.has_input(1) && node.shape(1).rank() == 5 && node.shape(1)[3] == 2;
  if ((is_packed || pairs_are_packed) && node.has_input(3)) return node.unsupported("a bias of packed operands");
  if (is_packed) {
    const auto parts = unpacked(0, 3);
    return Heads{parts[0], parts[1], parts[2]};
  }
  if (query.rank() != 3) return node.invalid("the query has shape " + query.to_string());
  std::array<ValueId, 3> biases{kNoValue, kNoValue, kNoValue};
  if (node.has_input(3)) {
    const std::int64_t width = query[2];
    const std::array sizes{width, width, node.shape(3).elements() - 2 * width};
    const auto parts = node.add_many("Split", 13, {node.in(3), node.integers(sizes)}, 3, {{"axis", std::int64_t{0}}});
    biases = {parts[0], parts[1], parts[2]};
  }
  Heads heads;
  KITE_TRY_ASSIGN(heads.q, split_heads(node, node.plus(node.in(0), biases[0]), options.heads));
  if (pairs_are_packed) {
    const auto parts = unpacked(1, 2);
    return Heads{heads.q, parts[0], parts[1]};
  }
  if (!node.has_input(1) || !node.has_input(2)) return node.invalid("key or value is missing");
  // Keys and values that have heads were kept from before, with their bias.
  if (node.shape(1).rank() == 4 && node.shape(2).rank() == 4) {
    return Heads{heads.q, node.in(1), node.in(2)};
  }
  KITE_TRY_ASSIGN(heads.k, split_heads(node, node.plus(node.in(1), biases[1]), options.heads));
  KITE_TRY_ASSIGN(heads.v, split_heads(node, node.plus(node.in(2), biases[2]), options.heads));
  return heads;
}

}  // namespace

// Inputs: query, key, value, bias of all three, mask, bias of the scores, past key and value.
Status expand_multi_head_attention(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 8));
  KITE_TRY(node.require_float(0));
  KITE_TRY_ASSIGN(const Options options, read_options(node, 4, 5));
  KITE_TRY_ASSIGN(Heads heads, operands(node, options));
  const auto joined = [&](int past, ValueId now) {
    if (!node.has_input(past)) return now;
    return node.add("Concat", 13, {node.in(past), now}, {{"axis", std::int64_t{2}}});
  };
  heads.k = joined(6, heads.k);
  heads.v = joined(7, heads.v);
  node.give(1, heads.k);
  node.give(2, heads.v);
  return attend(node, heads, options);
}

}  // namespace kite
