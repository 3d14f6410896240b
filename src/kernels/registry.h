// SPDX-License-Identifier: Apache-2.0
// All families of kernels: what the names in a plan are resolved against.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/family.h"

namespace kite {

[[nodiscard]] std::span<const Family* const> all_families() noexcept;

struct KernelOfFamily {
  const Family* family;
  const Kernel* kernel;  // null when unknown
};
[[nodiscard]] KernelOfFamily find_kernel(std::uint64_t id) noexcept;

}  // namespace kite
