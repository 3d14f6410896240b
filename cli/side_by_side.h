// SPDX-License-Identifier: Apache-2.0
// Many groups of pictures at once: each worker takes the next one, and the answers come out in the order of the list.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "paperkite/classifier.h"

namespace kite::cli {

struct TimedAnswer {
  Result<Classification> answer;
  double total_ms = 0.0;
};
// Of the pictures of one run, in their order.
using Answers = std::vector<TimedAnswer>;

// Calls work(worker, group) for every group below `groups` on `workers` threads, and take(group, answers) for each in
// order on the caller's; on fewer, and with a warning, where the system refuses more. At most a few groups a worker are
// under way or waiting: memory does not grow with the list. Ends early once `stop()` says so; what was begun is still
// taken.
void side_by_side(std::size_t groups, std::size_t workers,
                  const std::function<Answers(std::size_t worker, std::size_t group)>& work,
                  const std::function<void(std::size_t group, Answers answers)>& take,
                  const std::function<bool()>& stop);

}  // namespace kite::cli
