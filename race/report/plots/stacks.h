// SPDX-License-Identifier: Apache-2.0
// Reads the data files of a profile: a flame graph's tree, a table of functions and a line of memory. The files are
// beside the journal and may have been edited, so invalid lines are left out, and depth and number are bounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "race/report/plots/plots.h"

namespace kite::race {

struct FunctionShare {
  std::string name;
  double self = 0, total = 0;  // samples in which it ran; in which it or something that it called ran
};

struct StackProfile {
  Frame root;                            // "all"
  std::vector<FunctionShare> functions;  // by `self`, most first
};

// Reads folded stacks: "outermost;...;innermost 42", one a line.
[[nodiscard]] StackProfile read_stacks(std::string_view folded);

// Reads "ms,rss_anon_bytes,rss_file_bytes" below a line of titles: private memory, and mapped files.
struct MemoryPoints {
  std::vector<MemoryPoint> anonymous, file;
};
[[nodiscard]] MemoryPoints read_memory(std::string_view csv);

}  // namespace kite::race
