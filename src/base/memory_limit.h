// SPDX-License-Identifier: Apache-2.0
// How much memory new processes may still take, on the machine and in the container that this process is in.
#pragma once

#include <cstdint>
#include <string>

namespace kite {

// The smaller of two numbers of bytes: the kernel's MemAvailable, and what the tightest control group may still use.
// The second is the group's limit minus its use, where file pages that the kernel would drop first do not count as
// used. 0 where the kernel does not say.
[[nodiscard]] std::uint64_t available_memory_bytes();

// The same with the file system's root as a parameter, so that tests can fake it.
[[nodiscard]] std::uint64_t available_memory_under(const std::string& root);

}  // namespace kite
