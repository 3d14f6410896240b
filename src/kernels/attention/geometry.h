// SPDX-License-Identifier: Apache-2.0
// How the scratch of one attention is cut, from AttentionParams alone.
#pragma once

#include <cstdint>

#include "kernels/attention/attention_params.h"

namespace kite {

// Queries whose scores are computed together: whole tiles of 14 and of 12 pixels. The scores of 84 x 197 keys, 66 KB,
// and the panels of the keys and of the values, 50 KB each, stay in L2.
constexpr std::int64_t kAttentionRows = 84;

// Offsets in floats, multiples of 16.
struct AttentionScratch {
  std::int64_t keys, values, scores, queries, end;
  std::int64_t score_stride;
};

static inline std::int64_t attention_rounded(std::int64_t n) { return (n + 15) / 16 * 16; }

static inline AttentionScratch attention_scratch(const AttentionParams& p) {
  const std::int64_t rows = p.queries < kAttentionRows ? p.queries : kAttentionRows;
  AttentionScratch s = {};
  s.score_stride = attention_rounded(p.keys);
  s.values = s.keys + s.score_stride * p.depth;
  s.scores = s.values + attention_rounded(p.values) * p.keys;
  s.queries = s.scores + rows * s.score_stride;
  s.end = s.queries + (p.q_scale == 1.0f ? 0 : attention_rounded(rows * p.depth));
  return s;
}

}  // namespace kite
