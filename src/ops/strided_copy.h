// SPDX-License-Identifier: Apache-2.0
// Moves elements between two buffers along per-axis strides: transposes, slices, joins and expansions are all this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ops/op.h"
#include "paperkite/tensor.h"

namespace kite {

// out[sum i_a * out_stride[a]] = in[sum i_a * in_stride[a]] for every index with 0 <= i_a < size[a].
// Sizes and strides in elements. An input stride may be 0 (repeat) or negative (reverse). The buffers do not overlap.
struct StridedCopy {
  int rank = 0;
  std::array<std::int64_t, kMaxRank> size{};
  std::array<std::int64_t, kMaxRank> out_stride{};
  std::array<std::int64_t, kMaxRank> in_stride{};

  void add_axis(std::int64_t axis_size, std::int64_t axis_out_stride, std::int64_t axis_in_stride) noexcept {
    const auto a = static_cast<std::size_t>(rank++);
    size[a] = axis_size;
    out_stride[a] = axis_out_stride;
    in_stride[a] = axis_in_stride;
  }
};

// Joins axes that are contiguous in both buffers first, then moves the longest runs there are; where the input runs
// along another axis than the output, both are walked in tiles that stay in the first-level cache.
void strided_copy(StridedCopy copy, std::size_t element_size, const std::byte* in, std::byte* out,
                  Share share = {}) noexcept;

// Strides of a dense row-major tensor, in elements.
[[nodiscard]] std::array<std::int64_t, kMaxRank> dense_strides(const Shape& shape) noexcept;

// compute(), shared, of operators that change only the shape: output 0 holds the elements of input 0.
Status copy_elements(const ComputeContext& context);

}  // namespace kite
