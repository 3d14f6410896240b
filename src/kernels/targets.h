// SPDX-License-Identifier: Apache-2.0
// Which of the targets this processor runs, and which one the user asks for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "kernels/target.h"
#include "paperkite/error.h"

namespace kite {

// Those of this architecture, best first; the last one, generic, runs everywhere.
[[nodiscard]] std::span<const Target* const> all_targets() noexcept;
// "generic, avx2 or avx512"
[[nodiscard]] std::string target_names();
// Null for one that this program does not have.
[[nodiscard]] const Target* find_target(std::uint64_t id) noexcept;
// The best that this processor runs.
[[nodiscard]] const Target& native_target() noexcept;
// Parses a name from --isa or KITE_ISA. kUsage for an unknown name and for a target that this machine cannot run.
[[nodiscard]] Result<const Target*> parse_target(std::string_view name);
// native_target(), or what the environment variable KITE_ISA holds it down to.
[[nodiscard]] Result<const Target*> default_target();

}  // namespace kite
