// SPDX-License-Identifier: Apache-2.0
// How large a contestant is where it is installed: what a deployment has to copy beside the operating system.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace kite::race {

// Sum of the sizes in bytes of all files of `paths`, which are files or folders.
//   1. Symbolic links among `paths` are followed. Links inside a folder are not: they lead to files of the system (an
//      interpreter) or to files that are counted already.
//   2. A file with several names counts once.
//   3. No value: `paths` is empty, or one of them does not exist or cannot be read.
[[nodiscard]] std::optional<std::uint64_t> installed_bytes(std::span<const std::string> paths);

}  // namespace kite::race
