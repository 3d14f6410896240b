// SPDX-License-Identifier: Apache-2.0
// The weights of a convolution of com.microsoft.nchwc, whose channels lie in blocks.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "graph/graph.h"
#include "paperkite/tensor.h"

namespace kite {

// Weights [out][in][taps] that lie as [out/B][in/B][taps][B of in][B of out], or, where the input's channels are not in
// blocks, as [out/B][in][taps][B of out].
class BlockedFilters {
 public:
  BlockedFilters(const TensorView& weights, bool in_blocks)
      : data_(weights.data),
        out_(weights.type.shape[0]),
        in_(weights.type.shape[1]),
        taps_(weights.type.shape.elements(2, weights.type.shape.rank())),
        in_blocks_(in_blocks) {}

  [[nodiscard]] std::int64_t out() const noexcept { return out_; }
  [[nodiscard]] std::int64_t in() const noexcept { return in_; }
  [[nodiscard]] bool in_blocks() const noexcept { return in_blocks_; }
  // Whether blocks of this size divide the weights.
  [[nodiscard]] bool fits(std::int64_t block) const noexcept {
    return out_ % block == 0 && (!in_blocks_ || in_ % block == 0);
  }

  // Calls fn(o, i, tap, weight) for each weight, in any order.
  template <typename Fn>
  void for_each(std::int64_t block, Fn&& fn) const {
    const std::int64_t inner = in_blocks_ ? block : 1;
    const std::byte* at = data_;
    for (std::int64_t o = 0; o < out_; o += block) {
      for (std::int64_t i = 0; i < in_; i += inner) {
        for (std::int64_t tap = 0; tap < taps_; ++tap) {
          for (std::int64_t k = 0; k < inner; ++k) {
            for (std::int64_t b = 0; b < block; ++b, at += sizeof(float)) {
              float weight = 0;
              std::memcpy(&weight, at, sizeof weight);  // it may lie unaligned
              fn(o + b, i + k, tap, weight);
            }
          }
        }
      }
    }
  }

  // The first `out` filters over the first `in` channels, plain.
  [[nodiscard]] Tensor plain(std::int64_t block, const Shape& shape) const {
    Tensor tensor(DType::kFloat32, shape);
    auto* weights = tensor.as<float>();
    for_each(block, [&](std::int64_t o, std::int64_t i, std::int64_t tap, float weight) {
      if (o < shape[0] && i < shape[1]) weights[(o * shape[1] + i) * taps_ + tap] = weight;
    });
    return tensor;
  }

 private:
  const std::byte* data_;
  std::int64_t out_;
  std::int64_t in_;
  std::int64_t taps_;
  bool in_blocks_;
};

// Of the sizes 8 and 16 the one by which the filters differ more from each other; 0 where the difference may be chance.
[[nodiscard]] std::int64_t likely_block(const std::vector<BlockedFilters>& all);

}  // namespace kite
