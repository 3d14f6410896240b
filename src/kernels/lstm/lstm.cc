// SPDX-License-Identifier: Apache-2.0
// The LSTM apart from the arithmetic: which kernel, how its weights are packed, and the proof that a call stays inside
// its operands.
#include "kernels/lstm/lstm.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/checked.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/geometry.h"

#define KITE_KERNEL lstm_f32
#include "kernels/kernel_table.inc"

namespace kite {

namespace {

// R of one direction as a dense layer, which is a 1x1 convolution.
ConvParams as_dense(const LstmParams& p) noexcept { return {.in_c = p.hidden, .out_c = 4 * p.hidden}; }

std::int64_t packed_floats(const LstmParams& p) noexcept { return packed_width(4 * std::int64_t{p.hidden}) * p.hidden; }

}  // namespace

std::span<const Kernel> LstmFamily::kernels() const noexcept { return kKernels; }

std::size_t LstmFamily::packed_bytes(const LstmParams& p) const noexcept {
  return static_cast<std::size_t>(packed_floats(p) * p.directions) * sizeof(float);
}

void LstmFamily::pack(const LstmParams& p, const Target& target, const float* r, float* packed) const noexcept {
  const ConvParams dense = as_dense(p);
  for (std::int64_t direction = 0; direction < p.directions; ++direction) {
    kConv.pack(dense, kConv.best_kernel(target), r + direction * 4 * p.hidden * p.hidden,
               packed + direction * packed_floats(p));
  }
}

std::size_t LstmFamily::scratch_bytes(const LstmParams& p) const noexcept {
  return static_cast<std::size_t>(kLstmLines * 9 * p.hidden) * sizeof(float);
}

bool LstmFamily::fits_operands(const LstmParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 5 || operands.out_bytes.size() != 3) return false;
  if (p.steps < 1 || p.batch < 1 || p.hidden < 1 || p.hidden > kLstmMostHidden || p.directions < 1 ||
      p.directions > 2) {
    return false;
  }
  const Checked state = Checked(p.directions) * p.batch * p.hidden;
  const auto holds_or_lacks = [](std::size_t bytes, Checked floats) {
    return bytes == 0 || holds_floats(bytes, floats);
  };
  return holds_floats(operands.in_bytes[0], state * p.steps * 4) &&
         holds_floats(operands.in_bytes[1], Checked(packed_floats(p)) * p.directions) &&
         holds_or_lacks(operands.in_bytes[2], Checked(p.directions) * 8 * p.hidden) &&
         holds_or_lacks(operands.in_bytes[3], state) && holds_or_lacks(operands.in_bytes[4], state) &&
         holds_floats(operands.out_bytes[0], state * p.steps) && holds_or_lacks(operands.out_bytes[1], state) &&
         holds_or_lacks(operands.out_bytes[2], state);
}

int LstmFamily::max_shares(const LstmParams& p) const noexcept {
  // 10 us at 100 GFLOP/s; shares are lines.
  const double lines = static_cast<double>(p.directions) * static_cast<double>(p.batch);
  const double products = lines * static_cast<double>(p.steps) * 4.0 * p.hidden * p.hidden;
  const double shares = std::min({products / 0.5e6, lines, 1024.0});
  return shares < 1.0 ? 1 : static_cast<int>(shares);
}

constinit const LstmFamily kLstmFamily;

}  // namespace kite
