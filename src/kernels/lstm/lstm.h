// SPDX-License-Identifier: Apache-2.0
// What follows from step to step of an LSTM whose products with the input were computed before, with the usual
// functions (sigmoid for i, o and f, tanh for the cell's input and output) and without peepholes.
//
// Operands, all f32: in[0] x [steps, batch, directions * 4 * hidden], the sums of the input for the gates i, o, f and c
// in this order; in[1] R in packed panels; in[2] the biases of W and then of R [directions, 8 * hidden], or null; in[3]
// and in[4] the first h and c [directions, batch, hidden], null for zeros. out[0] y [steps, directions, batch, hidden];
// out[1] and out[2] the last h and c, or null. With the batch first x is [batch, steps, ...], y [batch, steps,
// directions, hidden], and the states are [batch, directions, hidden].
// A gate is the sum of the products of h and R in the order of direct convolution (conv/conv.h), then x + (bias of W +
// bias of R) is added.
// Shares are entries of the batch, of which none depends on another.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/family.h"
#include "kernels/lstm/lstm_params.h"

namespace kite {

class LstmFamily final : public FamilyOf<LstmParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "lstm"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] bool packs_weights() const noexcept override { return true; }
  [[nodiscard]] int max_shares(const LstmParams& params) const noexcept override;
  [[nodiscard]] std::size_t scratch_bytes(const LstmParams& params) const noexcept override;
  [[nodiscard]] std::size_t packed_bytes(const LstmParams& params) const noexcept;
  // r: [directions, 4 * hidden, hidden] at any alignment. packed: 64-byte aligned.
  void pack(const LstmParams& params, const Target& target, const float* r, float* packed) const noexcept;

 private:
  [[nodiscard]] bool fits_operands(const LstmParams& params, const KernelOperands& operands) const noexcept override;
};

extern const LstmFamily kLstmFamily;

}  // namespace kite
