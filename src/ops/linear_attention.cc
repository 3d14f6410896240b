// SPDX-License-Identifier: Apache-2.0
// LinearAttention: each head of keys and values has a state S [d_k, d_v] that every token changes before it is read:
// S <- exp(decay) S + k (v' outer), where v' = v, or beta (v - S^T k) for the delta rules; output = scale * S^T q.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/checked.h"
#include "ops/attention.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

struct Rule {
  bool decays = false;
  bool corrects = false;
};

bool find_rule(std::string_view name, Rule& rule) {
  rule.decays = name == "gated" || name == "gated_delta";
  rule.corrects = name == "delta" || name == "gated_delta";
  return rule.decays || rule.corrects || name == "linear";
}

Rule rule_of(const Attributes& attributes) {
  Rule rule;
  find_rule(attributes.get_string("update_rule", "gated_delta"), rule);
  return rule;
}

// Inputs: query, key, value, past_state, decay, beta.
Status check_gates(const InferContext& context, const HeadLayout& k) {
  KITE_TRY_ASSIGN(const std::string name, context.get_string("update_rule", "gated_delta"));
  Rule rule;
  if (!find_rule(name, rule)) {
    return context.invalid("attribute 'update_rule' is \"" + name + "\", expected linear, gated, delta or gated_delta");
  }
  if (context.has_input(4) != rule.decays || context.has_input(5) != rule.corrects) {
    return context.invalid("the inputs 'decay' and 'beta' do not fit the update_rule \"" + name + "\"");
  }
  for (const int i : {4, 5}) {
    if (!context.has_input(i)) continue;
    KITE_TRY(context.require_same_dtype(0, i));
    const Shape& gate = context.shape(i);
    const bool fits = gate.rank() == 3 && gate[0] == context.shape(1)[0] && gate[1] == k.length &&
                      (gate[2] == k.heads || gate[2] == (i == 4 ? k.heads * k.size : 1));
    if (!fits) {
      return context.invalid(std::string("input '") + (i == 4 ? "decay" : "beta") + "' has shape " + gate.to_string() +
                             ", which fits no head of the keys " + context.shape(1).to_string());
    }
  }
  return {};
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 6));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.get_float("scale", 0));
  KITE_TRY(context.get_int("chunk_size", 64));  // how the sums may be cut, which changes no answer here
  KITE_TRY_ASSIGN(const std::int64_t q_heads, context.get_int("q_num_heads", 0));
  KITE_TRY_ASSIGN(const std::int64_t kv_heads, context.get_int("kv_num_heads", 0));
  if (q_heads < 1 || kv_heads < 1 || q_heads % kv_heads != 0) {
    return context.invalid("attribute 'q_num_heads' must be a positive multiple of 'kv_num_heads'");
  }
  const Shape& q = context.shape(0);
  for (const int i : {0, 1, 2}) {
    KITE_TRY(context.require_same_dtype(0, i));
    const Shape& shape = context.shape(i);
    const bool fits = shape.rank() == 3 && q.rank() == 3 && shape[0] == q[0] && shape[1] == q[1] &&
                      shape[2] % (i == 0 ? q_heads : kv_heads) == 0;
    if (!fits) {
      return context.invalid("input " + std::to_string(i) + " has shape " + shape.to_string() +
                             ", expected [batch, length, heads * size] as the others");
    }
  }
  const HeadLayout k = head_layout(context.shape(1), kv_heads), v = head_layout(context.shape(2), kv_heads);
  if (k.size != head_layout(q, q_heads).size) return context.invalid("heads of query and key have different sizes");
  KITE_TRY(check_gates(context, k));
  const std::array state{q[0], kv_heads, k.size, v.size};
  if (context.has_input(3)) {
    KITE_TRY(context.require_same_dtype(0, 3));
    KITE_TRY_ASSIGN(const Shape expected, Shape::make(state));
    if (context.shape(3) != expected) {
      return context.invalid("input 'past_state' has shape " + context.shape(3).to_string() + ", expected " +
                             expected.to_string());
    }
  }
  context.need_output(1);
  context.set_terms((Checked(k.size) * 4).capped());
  KITE_TRY(context.set_output(0, context.input(0).dtype, std::array{q[0], q[1], q_heads * v.size}));
  return context.set_output(1, context.input(0).dtype, state);
}

// What one token brings to one head.
template <typename T>
struct Token {
  const T* k;
  const T* v;
  const T* decay;  // null without
  std::int64_t decay_step;
  double beta;
};

// One column m of the state, which no other column reads: its decay, its correction and its new products.
template <typename T>
void update_column(const Rule& rule, const Token<T>& token, std::int64_t keys, std::int64_t values, std::int64_t m,
                   T* state) {
  double found = 0;
  for (std::int64_t d = 0; d < keys; ++d) {
    T& cell = state[d * values + m];
    if (rule.decays) {
      cell =
          static_cast<T>(static_cast<double>(cell) * std::exp(static_cast<double>(token.decay[d * token.decay_step])));
    }
    found += static_cast<double>(cell) * static_cast<double>(token.k[d]);
  }
  const auto value = static_cast<double>(token.v[m]);
  const double added = rule.corrects ? token.beta * (value - found) : value;
  for (std::int64_t d = 0; d < keys; ++d) {
    T& cell = state[d * values + m];
    cell = static_cast<T>(static_cast<double>(cell) + static_cast<double>(token.k[d]) * added);
  }
}

template <typename T>
void attend(const ComputeContext& context, const HeadLayout& q, const HeadLayout& k, const HeadLayout& v) {
  const Rule rule = rule_of(context.attributes);
  const double stated = context.attributes.get_float("scale", 0);
  const double scale = stated == 0 ? 1 / std::sqrt(static_cast<double>(k.size)) : stated;
  const std::int64_t batch = context.inputs[0].type.shape[0];
  const HeadLayout out = head_layout(context.outputs[0].type.shape, q.heads);
  const std::int64_t shared = q.heads / k.heads;
  const HeadLayout decay = rule.decays ? head_layout(context.inputs[4].type.shape, k.heads) : HeadLayout{};
  const auto [first, last] = context.share.of(batch * k.heads * v.size, 1);
  for (std::int64_t line = first; line < last; ++line) {
    const std::int64_t m = line % v.size, head = line / v.size % k.heads, n = line / v.size / k.heads;
    const std::int64_t begin = (n * k.heads + head) * k.size * v.size;
    T* state = context.outputs[1].as<T>() + begin;
    for (std::int64_t d = 0; d < k.size; ++d) {
      state[d * v.size + m] = context.has_input(3) ? context.inputs[3].as<T>()[begin + d * v.size + m] : T{0};
    }
    for (std::int64_t t = 0; t < k.length; ++t) {
      Token<T> token{context.inputs[1].as<T>() + k.at(n, head, t), context.inputs[2].as<T>() + v.at(n, head, t),
                     rule.decays ? context.inputs[4].as<T>() + decay.at(n, head, t) : nullptr, decay.size == 1 ? 0 : 1,
                     0};
      if (rule.corrects) {
        const Shape& beta = context.inputs[5].type.shape;
        const std::int64_t at = (n * k.length + t) * beta[2] + (beta[2] == 1 ? 0 : head);
        token.beta = static_cast<double>(context.inputs[5].as<T>()[at]);
      }
      update_column(rule, token, k.size, v.size, m, state);
      for (std::int64_t reader = head * shared; reader < (head + 1) * shared; ++reader) {
        const T* query = context.inputs[0].as<T>() + q.at(n, reader, t);
        double sum = 0;
        for (std::int64_t d = 0; d < k.size; ++d) {
          sum += static_cast<double>(query[d]) * static_cast<double>(state[d * v.size + m]);
        }
        context.outputs[0].as<T>()[out.at(n, reader, t) + m] = static_cast<T>(scale * sum);
      }
    }
  }
}

Status compute(const ComputeContext& context) {
  const std::int64_t kv_heads = context.attributes.get_int("kv_num_heads", 1);
  const HeadLayout q = head_layout(context.inputs[0].type.shape, context.attributes.get_int("q_num_heads", 1));
  const HeadLayout k = head_layout(context.inputs[1].type.shape, kv_heads);
  const HeadLayout v = head_layout(context.inputs[2].type.shape, kv_heads);
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    attend<T>(context, q, k, v);
    return {};
  });
}

}  // namespace

extern constinit const Operator kLinearAttentionOperator = {"",      "LinearAttention", 27, kLastOpset, "", infer,
                                                            compute, Sharing::kShared};

}  // namespace kite
