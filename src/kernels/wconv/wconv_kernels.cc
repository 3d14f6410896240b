// SPDX-License-Identifier: Apache-2.0
// Hands the codes to the kernel of the base: as they are where it takes a panel after the other, else as floats.
#include "kernels/kernel.h"
#include "kernels/simd/codes.inl"
#include "kernels/wconv/geometry.h"

namespace kite::KITE_TARGET {

void wconv_f32(const KernelCall& call);
void wconv_f32(const KernelCall& call) {
  const WConvParams& p = *static_cast<const WConvParams*>(call.params);
  const WConvWalk& walk = *static_cast<const WConvWalk*>(call.prepared);
  const auto* const scales = static_cast<const float*>(call.in[4]);
  const std::int64_t rows = p.block == 0 ? 1 : (p.conv.in_c + walk.block - 1) / walk.block;
  const Codes codes = {static_cast<const std::int8_t*>(call.in[1]),
                       scales,
                       p.has_zeros == 0 ? nullptr : reinterpret_cast<const std::int8_t*>(scales + rows * walk.columns),
                       walk.columns,
                       walk.block,
                       static_cast<float*>(call.scratch)};
  const void* in[] = {call.in[0], call.in[1], call.in[2], call.in[3]};
  KernelCall base = call;
  base.params = &p.conv;
  base.in = in;
  base.scratch = static_cast<char*>(call.scratch) + walk.floats_bytes;
  base.prepared = walk.base;
  if (p.base == WConvBase::kOfConv || p.base == WConvBase::kOfWinograd) {
    base.codes = &codes;
  } else {
    const std::int64_t width = walk.unit * Vec::kLanes;
    for (std::int64_t column = 0; column < walk.columns; column += width) {
      const std::int64_t at = column * walk.products;
      decode(codes, codes.weights + at, column, walk.unit, 0, walk.products, codes.floats + at);
    }
    in[1] = codes.floats;
  }
  walk.run(base);
}

}  // namespace kite::KITE_TARGET
