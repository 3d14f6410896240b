// SPDX-License-Identifier: Apache-2.0
// The checked geometry of an Attention node, for the operator and for the pass that writes it as products.
#pragma once

#include <cstdint>
#include <span>

#include "graph/attributes.h"
#include "paperkite/tensor.h"

namespace kite {

// Where the vectors of a head lie: of [batch, heads, length, size], or of [batch, length, heads * size].
struct HeadLayout {
  std::int64_t heads = 1;
  std::int64_t length = 0;
  std::int64_t size = 0;
  std::int64_t batch_step = 0;
  std::int64_t head_step = 0;
  std::int64_t row_step = 0;

  [[nodiscard]] std::int64_t at(std::int64_t batch, std::int64_t head, std::int64_t row) const noexcept {
    return batch * batch_step + head * head_step + row * row_step;
  }
};

// `heads` counts only for tensors of rank 3, and then divides the last axis.
[[nodiscard]] HeadLayout head_layout(const Shape& shape, std::int64_t heads) noexcept;

struct AttentionGeometry {
  HeadLayout q, k, v;
  std::int64_t batch = 0;
  std::int64_t past = 0;   // keys before those of K
  std::int64_t total = 0;  // past + k.length
  double scale = 1;
  double softcap = 0;  // 0: none
  bool is_causal = false;
  std::int64_t left_window = -1;  // -1: unbounded
  std::int64_t right_window = -1;

  // Whether the query at position `p`, counted as keys are, may see key `j` by its position alone.
  [[nodiscard]] bool sees(std::int64_t p, std::int64_t j) const noexcept {
    return (!is_causal || j <= p) && (left_window < 0 || p - j <= left_window) &&
           (right_window < 0 || j - p <= right_window);
  }
  [[nodiscard]] bool hides_by_position() const noexcept { return is_causal || left_window >= 0 || right_window >= 0; }
};

// What infer() of Attention accepted. `past` is the shape of past_key, null without it.
[[nodiscard]] AttentionGeometry attention_geometry(const Attributes& attributes, const Shape& q, const Shape& k,
                                                   const Shape& v, const Shape* past) noexcept;

}  // namespace kite
