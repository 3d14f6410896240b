// SPDX-License-Identifier: Apache-2.0
// What bounds the error of a Winograd convolution: the sum of magnitudes that its own additions go through.
#pragma once

#include <vector>

#include "kernels/conv/conv_params.h"

namespace kite {

// |A|'[(|G||g||G|') o (|B|'|d||B|)]|A| + |bias| + |residual| for every output, in double; laid out as y. Operands as in
// conv/reference.h.
[[nodiscard]] std::vector<double> winograd_magnitude(const ConvParams& params, const float* x, const float* w_oihw,
                                                     const float* bias, const float* residual);

}  // namespace kite
