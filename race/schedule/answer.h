// SPDX-License-Identifier: Apache-2.0
// Finds the class that a program names in its output if it does not speak the protocol.
// docs/benchmarking.md states the rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kite::race {

struct Answer {
  std::int32_t index = -1;  // the class; below 0: it is not known, and `why_not` says why
  std::string label;        // as it is written in the model's list
  std::optional<double> score;
  std::string why_not;
};

// 1. A label counts if it fills a whole field of its line. Case, blanks, hyphens and underscores are ignored.
// 2. The number of a class counts only where it can mean nothing else.
// 3. If several classes are named, the one with the highest score is the answer. If scores are missing, there is no
//    answer: that is better than an answer that the program did not give.
// `labels`: one for each class, or the number of the class if the model has no names. `argv`: the program may print its
// paths, and these may contain the label of a class by chance.
[[nodiscard]] Answer find_answer(std::string_view output, std::span<const std::string> labels,
                                 std::span<const std::string> argv);

}  // namespace kite::race
