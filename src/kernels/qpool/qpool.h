// SPDX-License-Identifier: Apache-2.0
// Pooling of 8-bit numbers in channels-last layout.
//
// Operands: in[0] x NHWC; out[0] y NHWC.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/family.h"
#include "kernels/qpool/qpool_params.h"

namespace kite {

class QPoolFamily final : public FamilyOf<QPoolParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "qpool"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const QPoolParams& params) const noexcept override;
  // Whether fits() accepts the params with operands of the right sizes.
  [[nodiscard]] bool supports(const QPoolParams& params) const noexcept;

 private:
  [[nodiscard]] bool fits_operands(const QPoolParams& params, const KernelOperands& operands) const noexcept override;
};

extern const QPoolFamily kQPool;

}  // namespace kite
