// SPDX-License-Identifier: Apache-2.0
// How large a contestant is where it is installed: what a deployment has to copy beside the operating system.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace kite::race {

// Bytes in all files of `paths`, which are files or folders. Links that are named are followed; links inside a folder
// are not, since they lead to what the system has (an interpreter) or to what is counted already. A file with several
// names counts once. Absent: one of the paths does not exist or cannot be read, or there is none.
[[nodiscard]] std::optional<std::uint64_t> installed_bytes(std::span<const std::string> paths);

}  // namespace kite::race
