// SPDX-License-Identifier: Apache-2.0
// Max and average pooling in channels-last layout.
//
// Operands: in[0] x NHWC f32; out[0] y NHWC f32. Taps outside the picture are skipped. An average is one sum in the
// order r, s, divided once.
#pragma once

#include <span>
#include <string_view>

#include "kernels/family.h"
#include "kernels/pool/pool_params.h"

namespace kite {

// The kernels clip every tap to the picture with 64-bit positions: all 32-bit windows are safe once they are positive.
[[nodiscard]] bool pool_params_are_sane(const PoolParams& params) noexcept;

class PoolFamily final : public FamilyOf<PoolParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "pool"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const PoolParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const PoolParams& params, const KernelOperands& operands) const noexcept override;
};

extern const PoolFamily kPool;

}  // namespace kite
