// SPDX-License-Identifier: Apache-2.0
// Moves 4-byte elements between two strided views: transposes, and the block copies of Concat, Slice, Split, Gather of
// one index and Expand.
//
// Operands: in[0] x; out[0] y, of which only the view is written; they must not overlap. Elements keep their bits.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/family.h"
#include "kernels/strided_copy/strided_copy_params.h"

namespace kite {

struct CopyAxis {
  std::int64_t size;  // >= 1
  std::int64_t in_stride, out_stride;
};

// Fills size and strides from any number of axes, outermost of y first: axes of size 1 go, neighbours that both views
// step through alike become one. False where more than kCopyDims remain.
[[nodiscard]] bool collapse_copy(std::span<const CopyAxis> axes, StridedCopyParams& params) noexcept;

class StridedCopyFamily final : public FamilyOf<StridedCopyParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "strided_copy"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const StridedCopyParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const StridedCopyParams& params,
                                   const KernelOperands& operands) const noexcept override;
};

extern const StridedCopyFamily kStridedCopy;

}  // namespace kite
