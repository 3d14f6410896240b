// SPDX-License-Identifier: Apache-2.0
// Which class does a program name that knows nothing of the protocol? docs/benchmarking.md states the rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kite::race {

struct Answer {
  std::int32_t index = -1;  // the class; below 0 where `why_not` says why it is not known
  std::string label;        // as the model's list writes it
  std::optional<double> score;
  std::string why_not;
};

// A label counts where it fills a field of its line, whatever the case, blanks, hyphens or underscores; the number of a
// class where nothing but a number can be meant. Of several classes the one with the highest score is the answer, and
// none is where scores are missing: better no answer than one that the program did not give.
// `labels`: one for each class, or the class's number where the model has no names. `argv`: its paths may be repeated
// in the output and name a class by chance.
[[nodiscard]] Answer find_answer(std::string_view output, std::span<const std::string> labels,
                                 std::span<const std::string> argv);

}  // namespace kite::race
