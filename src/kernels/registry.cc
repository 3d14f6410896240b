// SPDX-License-Identifier: Apache-2.0
// The list of families: a new one is a line here and one in CMakeLists.txt.
#include "kernels/registry.h"

#include "kernels/affine/affine.h"
#include "kernels/attention/attention.h"
#include "kernels/bytes/bytes.h"
#include "kernels/conv/conv.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/expand_depthwise/expand_depthwise.h"
#include "kernels/grouped/grouped.h"
#include "kernels/layer_norm/layer_norm.h"
#include "kernels/lstm/lstm.h"
#include "kernels/matmul/matmul.h"
#include "kernels/pool/pool.h"
#include "kernels/qconv/qconv.h"
#include "kernels/qpool/qpool.h"
#include "kernels/reduce/reduce.h"
#include "kernels/scaled_conv/scaled_conv.h"
#include "kernels/softmax/softmax.h"
#include "kernels/strided_copy/strided_copy.h"
#include "kernels/wconv/wconv.h"
#include "kernels/winograd/winograd.h"

namespace kite {

namespace {

constexpr const Family* kFamilies[] = {&kConv,        &kGrouped,    &kWinograd,        &kDepthwise,  &kMatmul,
                                       &kPool,        &kReduce,     &kElementwise,     &kLayerNorm,  &kSoftmax,
                                       &kStridedCopy, &kAffine,     &kQConv,           &kQPool,      &kBytewise,
                                       &kWConv,       &kLstmFamily, &kExpandDepthwise, &kScaledConv, &kAttention};

}  // namespace

std::span<const Family* const> all_families() noexcept { return kFamilies; }

KernelOfFamily find_kernel(std::uint64_t id) noexcept {
  for (const Family* family : kFamilies) {
    for (const Kernel& kernel : family->kernels()) {
      if (kernel.id == id) return {family, &kernel};
    }
  }
  return {nullptr, nullptr};
}

}  // namespace kite
