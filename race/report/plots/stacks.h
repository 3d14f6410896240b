// SPDX-License-Identifier: Apache-2.0
// The data files of a profile as a flame graph's tree, a table of functions and a line of memory. They lie beside the
// journal and may have been edited: lines that are none are left out, depth and number are bounded.
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

// Of folded stacks: "outermost;...;innermost 42", one a line.
[[nodiscard]] StackProfile read_stacks(std::string_view folded);

// Of "ms,rss_anon_bytes,rss_file_bytes" below a line of titles: private memory, and files mapped.
struct MemoryPoints {
  std::vector<MemoryPoint> anonymous, file;
};
[[nodiscard]] MemoryPoints read_memory(std::string_view csv);

}  // namespace kite::race
