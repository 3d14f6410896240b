// SPDX-License-Identifier: Apache-2.0
// Memory for destructors of other libraries that allocate: when that fails, they call std::terminate().
#pragma once

#include <cstddef>

namespace kite {

// As operator new, or, where the system refuses memory, from a small store of this process. Throws std::bad_alloc where
// the store is used up, too.
[[nodiscard]] void* allocate_at_last(std::size_t bytes);
void free_at_last(void* memory) noexcept;

}  // namespace kite
