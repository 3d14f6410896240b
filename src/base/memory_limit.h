// SPDX-License-Identifier: Apache-2.0
// How much memory new processes may still take, on the machine and in the container that this process is in.
#pragma once

#include <cstdint>
#include <string>

namespace kite {

// The kernel's MemAvailable, or what the tightest control group leaves where that is less: its limit minus what is used
// there, without the file pages that the kernel would drop first. 0: the kernel does not say.
[[nodiscard]] std::uint64_t available_memory_bytes();

// The same with the file system's root as a parameter, so that tests can fake it.
[[nodiscard]] std::uint64_t available_memory_under(const std::string& root);

}  // namespace kite
