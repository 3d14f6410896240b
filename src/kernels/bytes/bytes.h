// SPDX-License-Identifier: Apache-2.0
// Elementwise operators between real and 8-bit numbers, and of two 8-bit tensors.
//
// Operands: in[0] x, in[1] b of kAdd and kMul, and of kQuantizeRanges what kRanges has found; out[0] y, of kRanges
// pairs of floats; and of kQuantizeDynamic and kQuantizeRanges out[1] its scale, one float, and out[2] its zero point,
// one byte.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/bytes/bytes_params.h"
#include "kernels/family.h"

namespace kite {

class BytesFamily final : public FamilyOf<BytesParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "bytes"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const BytesParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const BytesParams& params, const KernelOperands& operands) const noexcept override;
};

extern const BytesFamily kBytewise;

}  // namespace kite
