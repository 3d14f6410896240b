// SPDX-License-Identifier: Apache-2.0
// Samples of a profiler as folded stacks: "outermost;...;innermost 42", one stack a line, which every flame graph tool
// reads. The texts come from tools and contain names from a contestant's libraries, so any text
// is accepted and checked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace kite::race {

// Stack -> how often it was seen.
using FoldedStacks = std::map<std::string, std::uint64_t>;

// Reads what `perf script -F comm,ip,sym,dso` prints: one paragraph for each sample, the innermost frame first. Samples
// of perf itself, before it starts the program, are left out.
[[nodiscard]] FoldedStacks fold_perf_script(std::string_view text);

// Reads what `py-spy record --format raw` writes, which is folded already.
[[nodiscard]] FoldedStacks fold_py_spy(std::string_view text);

// A frame without a name gets the name of its library, "[libonnxruntime.so]"; several in a row become one frame.
[[nodiscard]] std::string folded_text(const FoldedStacks& stacks);

[[nodiscard]] std::uint64_t sample_count(const FoldedStacks& stacks);
// Share of the frames of all samples that are functions with a name; 0 if there are no frames.
[[nodiscard]] double named_share(const FoldedStacks& stacks);

}  // namespace kite::race
