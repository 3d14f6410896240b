// SPDX-License-Identifier: Apache-2.0
// Expands every family's kernels.inc into the table that plans are resolved against.
#include "kernels/registry.h"

#include "kernels/conv/conv.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/grouped/grouped.h"
#include "kernels/layer_norm/layer_norm.h"
#include "kernels/linear/linear.h"
#include "kernels/matmul/matmul.h"
#include "kernels/pool/pool.h"
#include "kernels/reduce/reduce.h"
#include "kernels/softmax/softmax.h"
#include "kernels/strided_copy/strided_copy.h"
#include "kernels/winograd/winograd.h"

namespace kite {

// First the declarations ...
#define KITE_KERNEL(isa_namespace, isa_bit, symbol) \
  namespace isa_namespace {                         \
  void symbol(const KernelCall& call);              \
  }
#include "kernels/families.inc"
#undef KITE_KERNEL

// ... then one row each. KITE_FAMILY precedes a family's kernels and names its `fits` check.
namespace {

constexpr KernelInfo kKernels[] = {
#define KITE_KERNEL(isa_namespace, isa_bit, symbol) \
  {KITE_FAMILY_NAME, #symbol, Isa::isa_bit, &isa_namespace::symbol, &KITE_FAMILY_FITS},
#include "kernels/families.inc"
#undef KITE_KERNEL
};

}  // namespace

std::span<const KernelInfo> all_kernels() noexcept { return kKernels; }

const KernelInfo& best_kernel(std::string_view family, Isa max_isa) noexcept {
  const KernelInfo* chosen = nullptr;
  for (const KernelInfo& kernel : kKernels) {
    if (kernel.family != family) continue;
    chosen = &kernel;
    if (kernel.isa <= max_isa) break;
  }
  return *chosen;
}

const KernelInfo* find_kernel(std::uint64_t id) noexcept {
  for (const KernelInfo& kernel : kKernels) {
    if (kernel_id(kernel.name) == id) return &kernel;
  }
  return nullptr;
}

int in_place_input(const KernelInfo& kernel, const void* params) noexcept {
  if (kernel.family == "winograd" || kernel.family == "grouped") return kConvResidual;
  return kernel.family == "conv" && conv_adds_in_place(*static_cast<const ConvParams*>(params)) ? kConvResidual : -1;
}

}  // namespace kite
