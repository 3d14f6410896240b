// SPDX-License-Identifier: Apache-2.0
// Independent pieces of work on several threads, for what is not a step of a run: opening a model, decoding pictures.
#pragma once

#include <cstddef>
#include <functional>

#include "base/thread_pool.h"

namespace kite {

// Calls body(i) for every i below `count`, in no particular order, on at most `threads` threads (0: as many as the
// process may use); on fewer where the system refuses more. One piece, or one thread, asks the system for nothing. An
// exception of body (std::bad_alloc) is thrown again here.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body);

// The same on a team that is there already, and whose members have nothing else to do meanwhile.
void parallel_for(std::size_t count, ThreadPool& team, const std::function<void(std::size_t)>& body);

}  // namespace kite
