// SPDX-License-Identifier: Apache-2.0
// All kernels of all families: stable ids, names, and the proof that a call stays inside its operands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/cpu.h"
#include "kernels/kernel.h"

namespace kite {

// Byte sizes of what a plan hands to one kernel call; a left-out operand has size 0.
struct KernelOperands {
  const void* params;
  std::size_t params_bytes;
  std::span<const std::size_t> in_bytes;
  std::span<const std::size_t> out_bytes;
  std::size_t scratch_bytes;  // for each thread
};

struct KernelInfo {
  std::string_view family;  // "conv"
  std::string_view name;    // "conv_f32_avx512": family, dtype, tile, ISA
  Isa isa;
  KernelFn run;
  // True only if a call with these params reads and writes inside these operands, whatever bytes params holds:
  // plans may come from a file. Checked once when a plan is opened.
  bool (*fits)(const KernelOperands& operands) noexcept;
};

[[nodiscard]] std::span<const KernelInfo> all_kernels() noexcept;

// Floats in a vector of this instruction set: what panels of weights are packed in.
[[nodiscard]] constexpr std::int64_t vector_lanes(Isa isa) noexcept {
  return isa == Isa::kAvx512 ? 16 : isa == Isa::kAvx2 ? 8 : 4;
}

// FNV-1a of the name: what a plan stores.
[[nodiscard]] constexpr std::uint64_t kernel_id(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

// The first kernel of a family's list, best first, that a processor with `max_isa` can run; the last one is generic.
[[nodiscard]] const KernelInfo& best_kernel(std::string_view family, Isa max_isa) noexcept;

[[nodiscard]] const KernelInfo* find_kernel(std::uint64_t id) noexcept;  // null when unknown

// The input that may lie exactly where the first output lies; -1 where none may. `params`: those that its fits()
// accepts.
[[nodiscard]] int in_place_input(const KernelInfo& kernel, const void* params) noexcept;

}  // namespace kite
