// SPDX-License-Identifier: Apache-2.0
// Samples of a profiler as folded stacks: "outermost;...;innermost 42", one stack a line, which every flame graph tool
// reads. The texts come from tools and name what a contestant's libraries name: anything is read, nothing is believed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace kite::race {

// Stack -> how often it was seen.
using FoldedStacks = std::map<std::string, std::uint64_t>;

// What `perf script -F comm,ip,sym,dso` prints: one paragraph a sample, innermost frame first. Samples of perf itself,
// before it starts the program, are left out.
[[nodiscard]] FoldedStacks fold_perf_script(std::string_view text);

// What `py-spy record --format raw` writes: folded already.
[[nodiscard]] FoldedStacks fold_py_spy(std::string_view text);

// Frames without a name are called after their library, "[libonnxruntime.so]"; several in a row are one.
[[nodiscard]] std::string folded_text(const FoldedStacks& stacks);

[[nodiscard]] std::uint64_t sample_count(const FoldedStacks& stacks);
// Of all frames of all samples, those that are functions with a name; 0 where there are none.
[[nodiscard]] double named_share(const FoldedStacks& stacks);

}  // namespace kite::race
