// SPDX-License-Identifier: Apache-2.0
// What a family of kernels is: it computes one thing, has a kernel for each target that is worth one, and knows how a
// call of them is prepared and proved safe. Each family is one constant in a folder of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/checked.h"
#include "kernels/kernel.h"
#include "kernels/name_id.h"
#include "kernels/target.h"

namespace kite {

struct Kernel {
  std::string_view name;  // "conv_f32_avx512": what it computes, element type, target
  const Target* target;
  KernelFn run;
  std::uint64_t id = name_id(name);
};

// Byte sizes of what a plan hands to one kernel call; a left-out operand has size 0.
struct KernelOperands {
  const void* params;
  std::size_t params_bytes;
  std::span<const std::size_t> in_bytes;
  std::span<const std::size_t> out_bytes;
  std::size_t scratch_bytes;  // for each thread
};

// Whether an operand of so many bytes holds `floats` float32 numbers; never where that number overflowed.
[[nodiscard]] inline bool holds_floats(std::size_t bytes, Checked floats) noexcept {
  const auto count = floats.at_most(static_cast<std::int64_t>(bytes / 4));
  return count && *count >= 0;
}

// What is known without the type of the params: enough to open a plan.
class Family {
 public:
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  // Best first; the last one runs everywhere, unless the family is chosen only where it has a kernel.
  [[nodiscard]] virtual std::span<const Kernel> kernels() const noexcept = 0;
  // True only if a call with these params reads and writes inside these operands, for any bytes in params: plans
  // may come from a file. Checked once when a plan is opened.
  [[nodiscard]] virtual bool fits(const KernelOperands& operands) const noexcept = 0;
  // The input that may lie exactly where the first output lies; -1 where none may. `params`: those that fits() accepts.
  [[nodiscard]] virtual int in_place_input(const void* params) const noexcept = 0;
  // Whether the second operand are weights in the kernel's own order, which start on a cache line.
  [[nodiscard]] virtual bool packs_weights() const noexcept { return false; }
  // Bytes of what prepare() makes, a multiple of 8; 0 where a share of a call follows from params in a few additions.
  [[nodiscard]] virtual std::size_t prepared_bytes() const noexcept { return 0; }
  // Decides what follows from params, target and number of shares alone, so that no run does: `to` (8-byte aligned)
  // becomes what the kernels find in KernelCall::prepared. `params`: those that fits() accepts; shares >= 1.
  virtual void prepare(const void* /*params*/, const Target& /*target*/, int /*shares*/, void* /*to*/) const noexcept {}

  // The first kernel that runs where `target` does; there is one, unless the family is chosen only where it has one.
  [[nodiscard]] const Kernel& best_kernel(const Target& target) const noexcept {
    const std::span<const Kernel> all = kernels();
    for (const Kernel& kernel : all) {
      if (target.includes(*kernel.target)) return kernel;
    }
    return all.back();
  }

 protected:
  ~Family() = default;
};

// A family whose calls are described by a plain struct. Plans are made with it.
template <typename ParamsType>
class FamilyOf : public Family {
 public:
  using Params = ParamsType;
  static_assert(std::is_trivially_copyable_v<Params> && alignof(Params) <= 8);

  // More threads than this would each have less than about 10 us of work.
  [[nodiscard]] virtual int max_shares(const Params& params) const noexcept = 0;
  // Bytes of scratch for each thread.
  [[nodiscard]] virtual std::size_t scratch_bytes(const Params& /*params*/) const noexcept { return 0; }

  [[nodiscard]] bool fits(const KernelOperands& operands) const noexcept final {
    if (operands.params_bytes != sizeof(Params)) return false;
    const Params& params = *static_cast<const Params*>(operands.params);
    return fits_operands(params, operands) && operands.scratch_bytes >= scratch_bytes(params);
  }
  [[nodiscard]] int in_place_input(const void* params) const noexcept final {
    return in_place(*static_cast<const Params*>(params));
  }

 protected:
  ~FamilyOf() = default;

 private:
  // fits() apart from the size of params and scratch. Where it is true, scratch_bytes() cannot overflow.
  [[nodiscard]] virtual bool fits_operands(const Params& params, const KernelOperands& operands) const noexcept = 0;
  [[nodiscard]] virtual int in_place(const Params& /*params*/) const noexcept { return -1; }
};

// A family that makes a plain struct of its params before the first run.
template <typename Base, typename Prepared>
class Prepares : public Base {
  static_assert(std::is_trivially_copyable_v<Prepared> && alignof(Prepared) == 8);

 public:
  [[nodiscard]] std::size_t prepared_bytes() const noexcept final { return sizeof(Prepared); }
  void prepare(const void* params, const Target& target, int shares, void* to) const noexcept final {
    ::new (to) Prepared(decide(*static_cast<const typename Base::Params*>(params), target, shares));
  }

 protected:
  ~Prepares() = default;

 private:
  [[nodiscard]] virtual Prepared decide(const typename Base::Params& params, const Target& target,
                                        int shares) const noexcept = 0;
};

}  // namespace kite
