// SPDX-License-Identifier: Apache-2.0
// Means, sums and Euclidean lengths over one axis: global average pooling (the pixels of [N, P, C]), rows.
//
// Operands: in[0] x [outer, count, inner]; out[0] y [outer, inner]. All f32.
// Every output is one sum in a fixed order, divided once, or the root of a sum of squares:
//  - inner > 1: the terms in blocks of 256; in a block, term m goes to partial sum m % 4, ((0+1) + (2+3)) at the end;
//    the blocks are added in order. A term passes at most 64 + 2 + count/256 additions.
//  - inner = 1: the same, where a "term" is a vector of neighbours and 256 vectors are a block; then across the lanes.
// Squares are summed as floats. Where that sum is no normal, finite number with room to the smallest one, it is
// computed again in double.
#pragma once

#include <span>
#include <string_view>

#include "kernels/family.h"
#include "kernels/reduce/reduce_params.h"

namespace kite {

class ReduceFamily final : public FamilyOf<ReduceParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "reduce"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const ReduceParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const ReduceParams& params, const KernelOperands& operands) const noexcept override;
};

extern const ReduceFamily kReduce;

}  // namespace kite
