// SPDX-License-Identifier: Apache-2.0
// Many pictures at once: each worker takes the next one, and the answers come out in the order of the list.
#pragma once

#include <cstddef>
#include <functional>

#include "paperkite/classifier.h"

namespace kite::cli {

struct TimedAnswer {
  Result<Classification> answer;
  double total_ms = 0.0;
};

// Calls work(worker, item) for every item below `items` on `workers` threads, and take(item, answer) for each in order
// on the caller's; on fewer, and with a warning, where the system refuses more. At most a few items a worker are under way or waiting: memory does not grow with the list. Ends
// early once `stop()` says so; what was begun is still taken.
void side_by_side(std::size_t items, std::size_t workers,
                  const std::function<TimedAnswer(std::size_t worker, std::size_t item)>& work,
                  const std::function<void(std::size_t item, TimedAnswer answer)>& take,
                  const std::function<bool()>& stop);

}  // namespace kite::cli
