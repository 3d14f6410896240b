// SPDX-License-Identifier: Apache-2.0
// For a handler of SIGBUS, which comes when another program shortens a file that is mapped.
#pragma once

namespace kite {

// The path of the MappedFile that holds this address; nullptr where none is known. Calls nothing that is not allowed in
// a signal handler.
[[nodiscard]] const char* mapped_path_of(const void* address) noexcept;

}  // namespace kite
