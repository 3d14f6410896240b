// SPDX-License-Identifier: Apache-2.0
// Many groups of pictures at once: each worker takes the next one, and the answers come out in the order of the list.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "paperkite/classifier.h"

namespace kite::cli {

struct TimedAnswer {
  Result<Classification> answer;
  double total_ms = 0.0;
  std::string thumbnail{};  // for a report that wants one of this picture; see cli/report
};
// The answers for the pictures of one run, in their order.
using Answers = std::vector<TimedAnswer>;

// 1. Calls work(worker, group) for every group below `groups` on `workers` threads. Where the system refuses to start
//    so many threads, it uses fewer and gives a warning.
// 2. Calls take(group, answers) for each group, in order, on the caller's thread.
// 3. For each worker only a few groups are in work or waiting, so that memory does not grow with the list.
// 4. Ends early when `stop()` returns true; groups that have been started are still finished and taken.
void side_by_side(std::size_t groups, std::size_t workers,
                  const std::function<Answers(std::size_t worker, std::size_t group)>& work,
                  const std::function<void(std::size_t group, Answers answers)>& take,
                  const std::function<bool()>& stop);

}  // namespace kite::cli
