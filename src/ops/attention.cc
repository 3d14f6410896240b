// SPDX-License-Identifier: Apache-2.0
// Attention: y = softmax(softcap(scale * q k^T) + bias) v for each head, where the bias is the mask and minus infinity
// for keys that a query may not see. A query that sees no key gives zeros. Several heads of q may share one of k and v.
#include "ops/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "base/checked.h"
#include "ops/axes.h"
#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

HeadLayout head_layout(const Shape& shape, std::int64_t heads) noexcept {
  if (shape.rank() == 4) {
    const std::int64_t rows = shape[2] * shape[3];
    return {shape[1], shape[2], shape[3], shape[1] * rows, rows, shape[3]};
  }
  const std::int64_t size = shape[2] / heads;
  return {heads, shape[1], size, shape[1] * shape[2], size, shape[2]};
}

AttentionGeometry attention_geometry(const Attributes& attributes, const Shape& q, const Shape& k, const Shape& v,
                                     const Shape* past) noexcept {
  AttentionGeometry geometry;
  geometry.q = head_layout(q, attributes.get_int("q_num_heads", 1));
  geometry.k = head_layout(k, attributes.get_int("kv_num_heads", 1));
  geometry.v = head_layout(v, attributes.get_int("kv_num_heads", 1));
  geometry.batch = q[0];
  geometry.past = past == nullptr ? 0 : (*past)[2];
  geometry.total = geometry.past + geometry.k.length;
  geometry.scale = attributes.has("scale") ? static_cast<double>(attributes.get_float("scale", 1))
                                           : 1 / std::sqrt(static_cast<double>(geometry.q.size));
  geometry.softcap = std::max(0.0, static_cast<double>(attributes.get_float("softcap", 0)));
  geometry.is_causal = attributes.get_int("is_causal", 0) != 0;
  geometry.left_window = attributes.get_int("left_window_size", -1);
  geometry.right_window = attributes.get_int("right_window_size", -1);
  return geometry;
}

namespace {

// What output 3 holds.
enum ScoresMode : std::int64_t { kProducts = 0, kCapped = 1, kBiased = 2, kProbabilities = 3 };

constexpr int kNonpadSince = 24;  // nonpad_kv_seqlen, and masks that are shorter than the keys
constexpr int kWindowSince = 25;

Status check_attributes(const InferContext& context) {
  KITE_TRY(context.get_float("scale", 1));
  KITE_TRY(context.get_float("softcap", 0));
  KITE_TRY(context.get_int("is_causal", 0));
  KITE_TRY_ASSIGN(const std::int64_t mode, context.get_int("qk_matmul_output_mode", 0));
  if (mode < kProducts || mode > kProbabilities) {
    return context.invalid("attribute 'qk_matmul_output_mode' is " + std::to_string(mode) + ", expected 0 to 3");
  }
  // Probabilities are computed in float64 and rounded once, so that no precision that is asked for is missed.
  KITE_TRY_ASSIGN(const std::int64_t precision, context.get_int("softmax_precision", 1));
  if (precision != 1 && precision != 10 && precision != 11 && precision != 16) {
    return context.invalid("attribute 'softmax_precision' is " + std::to_string(precision) +
                           ", expected 1, 10, 11 or 16");
  }
  for (const char* name : {"left_window_size", "right_window_size"}) {
    KITE_TRY_ASSIGN(const std::int64_t window, context.get_int(name, -1));
    if (window >= -1 && (window == -1 || context.opset() >= kWindowSince)) continue;
    return context.invalid("attribute '" + std::string(name) + "' is " + std::to_string(window) +
                           (window < -1 ? ", expected at least -1" : ", which exists since opset 25"));
  }
  return {};
}

Error bad_shape(const InferContext& context, int i, const std::string& expected) {
  constexpr const char* kNames[] = {"Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen"};
  return context.invalid(std::string("input '") + kNames[i] + "' has shape " + context.shape(i).to_string() +
                         ", expected " + expected);
}

// Ranks, and heads of tensors of rank 3, so that attention_geometry() may be called.
Status check_heads(const InferContext& context) {
  for (const int i : {0, 1, 2}) {
    const std::string name = i == 0 ? "q_num_heads" : "kv_num_heads";
    const Shape& shape = context.shape(i);
    if (shape.rank() != context.shape(0).rank() || (shape.rank() != 3 && shape.rank() != 4)) {
      return bad_shape(context, i, "the rank of 'Q', which is 3 or 4");
    }
    KITE_TRY_ASSIGN(const std::int64_t heads, context.get_int(name, 0));
    if (shape.rank() == 3 && (heads < 1 || shape[2] % heads != 0)) {
      return context.invalid("attribute '" + name + "' is " + std::to_string(heads) +
                             ", expected a divisor of the last axis of " + shape.to_string());
    }
    if (shape.rank() == 4 && heads != 0 && heads != shape[1]) {
      return context.invalid("attribute '" + name + "' is " + std::to_string(heads) + ", the input has shape " +
                             shape.to_string());
    }
  }
  return {};
}

Status check_operands(const InferContext& context, const AttentionGeometry& g) {
  if (context.shape(1)[0] != g.batch || g.k.size != g.q.size || g.k.heads < 1 || g.q.heads % g.k.heads != 0) {
    return bad_shape(context, 1,
                     "the batch and head size of 'Q' " + context.shape(0).to_string() + " and a divisor of its heads");
  }
  if (context.shape(2)[0] != g.batch || g.v.heads != g.k.heads || g.v.length != g.k.length) {
    return bad_shape(context, 2, "batch, heads and length of 'K' " + context.shape(1).to_string());
  }
  if (context.has_input(4) != context.has_input(5)) {
    return context.invalid("inputs 'past_key' and 'past_value' must be given together");
  }
  for (const int i : {4, 5}) {
    if (!context.has_input(i)) continue;
    const Shape& past = context.shape(i);
    const std::int64_t size = i == 4 ? g.k.size : g.v.size;
    if (past.rank() != 4 || past[0] != g.batch || past[1] != g.k.heads || past[2] != g.past || past[3] != size) {
      return bad_shape(context, i, "[batch, heads, past length, head size] of the keys and values");
    }
  }
  if (!context.has_input(6)) return {};
  if (context.has_input(4)) return context.invalid("input 'nonpad_kv_seqlen' excludes 'past_key' and 'past_value'");
  if (context.input(6).dtype != DType::kInt64) return context.invalid("input 'nonpad_kv_seqlen' must be int64");
  if (context.shape(6).rank() != 1 || context.shape(6)[0] != g.batch) {
    return bad_shape(context, 6, "[" + std::to_string(g.batch) + "]");
  }
  return {};
}

Status check_mask(const InferContext& context, const AttentionGeometry& g) {
  if (!context.has_input(3)) return {};
  const TensorType& mask = context.input(3);
  if (mask.dtype != DType::kBool && mask.dtype != context.input(0).dtype) {
    return context.unsupported("input 'attn_mask' is " + std::string(dtype_name(mask.dtype)) +
                               ", supported are bool and the type of 'Q'");
  }
  const std::array<std::int64_t, 4> wanted{g.batch, g.q.heads, g.q.length, g.total};
  const int rank = mask.shape.rank();
  bool fits = rank >= 1 && rank <= 4;
  for (int axis = 0; fits && axis < rank; ++axis) {
    const std::int64_t size = mask.shape[axis];
    const std::int64_t most = wanted[static_cast<std::size_t>(4 - rank + axis)];
    const bool may_be_short = axis == rank - 1 && context.opset() >= kNonpadSince;
    fits = size == most || size == 1 || (may_be_short && size < most);
  }
  if (fits) return {};
  KITE_TRY_ASSIGN(const Shape expected, Shape::make(wanted));
  return bad_shape(context, 3, "one that broadcasts to " + expected.to_string());
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(3, context.opset() >= kNonpadSince ? 7 : 6));
  KITE_TRY(context.require_float(0));
  for (const int i : {1, 2, 4, 5}) {
    if (context.has_input(i)) KITE_TRY(context.require_same_dtype(0, i));
  }
  KITE_TRY(check_attributes(context));
  KITE_TRY(check_heads(context));
  if (context.has_input(4) && context.shape(4).rank() != 4) {
    return bad_shape(context, 4, "[batch, heads, past length, head size]");
  }
  const AttentionGeometry g = attention_geometry(context.attributes(), context.shape(0), context.shape(1),
                                                 context.shape(2), context.has_input(4) ? &context.shape(4) : nullptr);
  KITE_TRY(check_operands(context, g));
  KITE_TRY(check_mask(context, g));
  const std::int64_t width = ceil_div(g.q.size, std::max<std::int64_t>(g.v.size, 1));
  context.set_products((Checked(g.total) * (1 + width)).capped());
  // For each key two products of a head's size, shared by the elements of a value, and one more for the element.
  context.set_terms((Checked(g.total) * (1 + 2 * width)).capped());
  const DType dtype = context.input(0).dtype;
  if (context.shape(0).rank() == 4) {
    KITE_TRY(context.set_output(0, dtype, std::array{g.batch, g.q.heads, g.q.length, g.v.size}));
  } else {
    KITE_TRY(context.set_output(0, dtype, std::array{g.batch, g.q.length, g.q.heads * g.v.size}));
  }
  KITE_TRY(context.set_output(1, dtype, std::array{g.batch, g.k.heads, g.total, g.k.size}));
  KITE_TRY(context.set_output(2, dtype, std::array{g.batch, g.k.heads, g.total, g.v.size}));
  return context.set_output(3, dtype, std::array{g.batch, g.q.heads, g.q.length, g.total});
}

// The rows of one head of keys or values: those of the past, then the new ones.
template <typename T>
struct Rows {
  const T* past;
  std::int64_t past_length;
  const T* fresh;
  std::int64_t fresh_step;
  std::int64_t size;

  const T* operator[](std::int64_t j) const noexcept {
    return j < past_length ? past + j * size : fresh + (j - past_length) * fresh_step;
  }
};

template <typename T>
Rows<T> rows_of(const ComputeContext& context, const AttentionGeometry& g, const HeadLayout& layout, std::size_t fresh,
                std::size_t past, std::int64_t batch, std::int64_t head) {
  const T* before = context.has_input(past) ? context.inputs[past].as<T>() : nullptr;
  if (before != nullptr) before += (batch * layout.heads + head) * g.past * layout.size;
  return {before, g.past, context.inputs[fresh].as<T>() + layout.at(batch, head, 0), layout.row_step, layout.size};
}

// The mask of one query: 0 where it lets a key pass.
template <typename T>
class MaskRow {
 public:
  MaskRow(const ComputeContext& context, std::int64_t batch, std::int64_t head, std::int64_t query) {
    if (!context.has_input(3)) return;
    const TensorView& mask = context.inputs[3];
    const auto strides = dense_strides(mask.type.shape);
    const int rank = mask.type.shape.rank();
    const std::array<std::int64_t, 3> index{batch, head, query};
    std::int64_t at = 0;
    for (int axis = 0; axis + 1 < rank; ++axis) {
      const auto a = static_cast<std::size_t>(axis);
      if (mask.type.shape[axis] != 1) at += strides[a] * index[static_cast<std::size_t>(4 - rank) + a];
    }
    count_ = mask.type.shape[rank - 1];
    broadcasts_ = count_ == 1;
    if (mask.type.dtype == DType::kBool) {
      allowed_ = mask.as<bool>() + at;
    } else {
      bias_ = mask.as<T>() + at;
    }
  }

  [[nodiscard]] double operator[](std::int64_t j) const noexcept {
    constexpr double kHidden = -std::numeric_limits<double>::infinity();
    if (allowed_ == nullptr && bias_ == nullptr) return 0;
    if (broadcasts_) j = 0;
    if (j >= count_) return kHidden;
    if (allowed_ != nullptr) return allowed_[j] ? 0 : kHidden;
    return static_cast<double>(bias_[j]);
  }

 private:
  const bool* allowed_ = nullptr;
  const T* bias_ = nullptr;
  std::int64_t count_ = 0;
  bool broadcasts_ = false;
};

// One query of one head. Its scores are computed anew where they are needed again, since there is no place to keep
// them.
template <typename T>
struct Query {
  const AttentionGeometry& g;
  const T* q;
  Rows<T> keys;
  MaskRow<T> mask;
  std::int64_t position;  // counted as keys are
  std::int64_t valid;     // keys from here on are padding

  [[nodiscard]] double product(std::int64_t j) const noexcept {
    const T* k = keys[j];
    double sum = 0;
    for (std::int64_t d = 0; d < g.q.size; ++d) sum += static_cast<double>(q[d]) * static_cast<double>(k[d]);
    return sum * g.scale;
  }
  [[nodiscard]] double capped(double score) const noexcept {
    return g.softcap > 0 ? g.softcap * std::tanh(score / g.softcap) : score;
  }
  [[nodiscard]] double bias(std::int64_t j) const noexcept {
    return j < valid && g.sees(position, j) ? mask[j] : -std::numeric_limits<double>::infinity();
  }
};

// Calls fn(j, exp(score - largest score)) for each key that is seen, in order.
template <typename T, typename Fn>
void for_each_power(const Query<T>& query, double largest, Fn&& fn) {
  for (std::int64_t j = 0; j < query.g.total; ++j) {
    const double bias = query.bias(j);
    if (std::isinf(bias) && bias < 0) continue;
    fn(j, std::exp(query.capped(query.product(j)) + bias - largest));
  }
}

struct SoftmaxOf {
  double largest = -std::numeric_limits<double>::infinity();
  double sum = 0;  // 0: no key is seen
};

template <typename T>
SoftmaxOf softmax_of(const Query<T>& query) {
  SoftmaxOf softmax;
  for (std::int64_t j = 0; j < query.g.total; ++j) {
    const double bias = query.bias(j);
    if (std::isinf(bias) && bias < 0) continue;
    softmax.largest = std::fmax(softmax.largest, query.capped(query.product(j)) + bias);
  }
  for_each_power(query, softmax.largest, [&](std::int64_t, double power) { softmax.sum += power; });
  return softmax;
}

template <typename T>
void write_values(const Query<T>& query, const SoftmaxOf& softmax, const Rows<T>& values, T* y) {
  constexpr std::int64_t kBlock = 64;  // sums at a time: most heads have no more elements
  std::array<double, kBlock> sums;
  for (std::int64_t first = 0; first < values.size; first += kBlock) {
    const std::int64_t count = std::min(kBlock, values.size - first);
    sums.fill(0);
    for_each_power(query, softmax.largest, [&](std::int64_t j, double power) {
      const T* v = values[j] + first;
      for (std::int64_t d = 0; d < count; ++d) sums[static_cast<std::size_t>(d)] += power * static_cast<double>(v[d]);
    });
    for (std::int64_t d = 0; d < count; ++d) {
      y[first + d] = softmax.sum == 0 ? T{0} : static_cast<T>(sums[static_cast<std::size_t>(d)] / softmax.sum);
    }
  }
}

template <typename T>
void write_scores(const Query<T>& query, const SoftmaxOf& softmax, std::int64_t mode, T* scores) {
  for (std::int64_t j = 0; j < query.g.total; ++j) {
    const double product = query.product(j);
    if (mode == kProducts) scores[j] = static_cast<T>(product);
    if (mode == kCapped) scores[j] = static_cast<T>(query.capped(product));
    if (mode == kBiased) scores[j] = static_cast<T>(query.capped(product) + query.bias(j));
    if (mode == kProbabilities) scores[j] = 0;
  }
  if (mode != kProbabilities) return;
  for_each_power(query, softmax.largest,
                 [&](std::int64_t j, double power) { scores[j] = static_cast<T>(power / softmax.sum); });
}

// present_key or present_value: the rows of the past, then the new ones.
template <typename T>
void write_present(const ComputeContext& context, const AttentionGeometry& g, const HeadLayout& layout,
                   std::size_t fresh, std::size_t past, std::size_t output) {
  if (!context.has_output(output)) return;
  const auto [first, last] = context.share.of(g.batch * layout.heads, 1);
  for (std::int64_t head = first; head < last; ++head) {
    const Rows<T> rows = rows_of<T>(context, g, layout, fresh, past, head / layout.heads, head % layout.heads);
    T* out = context.outputs[output].as<T>() + head * g.total * layout.size;
    for (std::int64_t j = 0; j < g.total; ++j) out = std::copy_n(rows[j], layout.size, out);
  }
}

template <typename T>
void attend(const ComputeContext& context, const AttentionGeometry& g) {
  const HeadLayout out =
      context.outputs[0].data == nullptr ? HeadLayout{} : head_layout(context.outputs[0].type.shape, g.q.heads);
  const std::int64_t mode = context.attributes.get_int("qk_matmul_output_mode", 0);
  const IndexView valid(context.has_input(6) ? context.inputs[6] : TensorView{});
  const auto [first, last] = context.share.of(g.batch * g.q.heads * g.q.length, 1);
  for (std::int64_t row = first; row < last; ++row) {
    const std::int64_t i = row % g.q.length, head = row / g.q.length % g.q.heads, batch = row / g.q.length / g.q.heads;
    const std::int64_t kv_head = head / (g.q.heads / g.k.heads);
    const std::int64_t offset = valid.size() > 0 ? valid[batch] - g.q.length : g.past;
    const Query<T> query{g,
                         context.inputs[0].as<T>() + g.q.at(batch, head, i),
                         rows_of<T>(context, g, g.k, 1, 4, batch, kv_head),
                         MaskRow<T>(context, batch, head, i),
                         i + offset,
                         valid.size() > 0 ? valid[batch] : g.total};
    const SoftmaxOf softmax = softmax_of(query);
    if (context.has_output(0)) {
      write_values(query, softmax, rows_of<T>(context, g, g.v, 2, 5, batch, kv_head),
                   context.outputs[0].as<T>() + out.at(batch, head, i));
    }
    if (context.has_output(3)) write_scores(query, softmax, mode, context.outputs[3].as<T>() + row * g.total);
  }
}

Status compute(const ComputeContext& context) {
  const AttentionGeometry g =
      attention_geometry(context.attributes, context.inputs[0].type.shape, context.inputs[1].type.shape,
                         context.inputs[2].type.shape, context.has_input(4) ? &context.inputs[4].type.shape : nullptr);
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    attend<T>(context, g);
    write_present<T>(context, g, g.k, 1, 4, 1);
    write_present<T>(context, g, g.v, 2, 5, 2);
    return {};
  });
}

// Without modifiers of scores and probabilities it is Attention of tensors of rank 4.
Status infer_flexible(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 3));
  for (const char* name : {"score_mod", "prob_mod"}) {
    if (context.attributes().has(name)) {
      return context.unsupported("attribute '" + std::string(name) + "' is a graph of its own",
                                 "export the model with the standard operator Attention");
    }
  }
  if (context.shape(0).rank() != 4) return bad_shape(context, 0, "[batch, heads, length, head size]");
  return infer(context);
}

}  // namespace

extern constinit const Operator kAttentionOperator = {
    "", "Attention", 23, kLastOpset, "one element type for Q, K and V", infer, compute, Sharing::kShared};
extern constinit const Operator kFlexAttentionOperator = {
    "ai.onnx.preview", "FlexAttention", 1, 1, "without score_mod and prob_mod", infer_flexible,
    compute,           Sharing::kShared};

}  // namespace kite
