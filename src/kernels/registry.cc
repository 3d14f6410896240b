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
#define KITE_TARGET_ROW(target, isa)             \
  namespace target {                             \
  void conv_f32(const KernelCall& call);         \
  void grouped_f32(const KernelCall& call);      \
  void winograd_f32(const KernelCall& call);     \
  void linear_f32(const KernelCall& call);       \
  void matmul_f32(const KernelCall& call);       \
  void depthwise_f32(const KernelCall& call);    \
  void pool_f32(const KernelCall& call);         \
  void reduce_mean_f32(const KernelCall& call);  \
  void elementwise_f32(const KernelCall& call);  \
  void layer_norm_f32(const KernelCall& call);   \
  void softmax_f32(const KernelCall& call);      \
  void strided_copy_b32(const KernelCall& call); \
  }
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW

namespace {

constexpr KernelInfo kKernels[] = {
#define KITE_TARGET_ROW(target, isa) {"conv", "conv_f32_" #target, Isa::isa, &target::conv_f32, &conv_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
    {"grouped", "grouped_f32_avx512", Isa::kAvx512, &avx512::grouped_f32, &grouped_fits},
#define KITE_TARGET_ROW(target, isa) \
  {"winograd", "winograd_f32_" #target, Isa::isa, &target::winograd_f32, &winograd_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
#define KITE_TARGET_ROW(target, isa) {"linear", "linear_f32_" #target, Isa::isa, &target::linear_f32, &linear_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
#define KITE_TARGET_ROW(target, isa) {"matmul", "matmul_f32_" #target, Isa::isa, &target::matmul_f32, &matmul_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
#define KITE_TARGET_ROW(target, isa) \
  {"depthwise", "depthwise_f32_" #target, Isa::isa, &target::depthwise_f32, &depthwise_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
#define KITE_TARGET_ROW(target, isa) {"pool", "pool_f32_" #target, Isa::isa, &target::pool_f32, &pool_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
#define KITE_TARGET_ROW(target, isa) \
  {"reduce", "reduce_mean_f32_" #target, Isa::isa, &target::reduce_mean_f32, &reduce_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
#define KITE_TARGET_ROW(target, isa) \
  {"elementwise", "elementwise_f32_" #target, Isa::isa, &target::elementwise_f32, &elementwise_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
#define KITE_TARGET_ROW(target, isa) \
  {"layer_norm", "layer_norm_f32_" #target, Isa::isa, &target::layer_norm_f32, &layer_norm_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
#define KITE_TARGET_ROW(target, isa) {"softmax", "softmax_f32_" #target, Isa::isa, &target::softmax_f32, &softmax_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
#define KITE_TARGET_ROW(target, isa) \
  {"strided_copy", "strided_copy_b32_" #target, Isa::isa, &target::strided_copy_b32, &strided_copy_fits},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
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
