// SPDX-License-Identifier: Apache-2.0
// Independent pieces of work on several threads, for work that is not a step of a run: opening
// a model, decoding pictures.
#pragma once

#include <cstddef>
#include <functional>

#include "base/thread_pool.h"

namespace kite {

// Calls body(i) for every i below `count`, in no particular order, on at most `threads` threads (0: as many as the
// process may use), and on fewer where the system refuses to start so many. With one piece or one thread no thread is
// started. An exception of body (std::bad_alloc) is thrown again here.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body);

// The same on an existing team, whose members must have no other work at that time.
void parallel_for(std::size_t count, ThreadPool& team, const std::function<void(std::size_t)>& body);

}  // namespace kite
