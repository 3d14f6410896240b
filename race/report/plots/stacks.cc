// SPDX-License-Identifier: Apache-2.0
// Stacks are sorted by their frames. Then stacks with the same beginning are neighbours, and one pass makes the tree.
#include "race/report/plots/stacks.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace kite::race {
namespace {

constexpr std::size_t kMostDepth = 256;  // a tree is freed by recursion
constexpr std::size_t kMostStacks = 200'000;
constexpr std::size_t kMostPoints = 1'000'000;

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

bool read_number(std::string_view text, double& value) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value >= 0;
}

struct Stack {
  std::vector<std::string_view> frames;
  double times = 0;
};

std::vector<Stack> sorted_stacks(std::string_view folded) {
  std::vector<Stack> stacks;
  while (!folded.empty() && stacks.size() < kMostStacks) {
    const std::string_view line = next_line(folded);
    const std::size_t blank = line.rfind(' ');
    Stack stack;
    if (blank == std::string_view::npos || !read_number(line.substr(blank + 1), stack.times)) continue;
    std::string_view rest = line.substr(0, blank);
    while (!rest.empty() && stack.frames.size() < kMostDepth) {
      const std::size_t end = rest.find(';');
      if (end != 0) stack.frames.push_back(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    if (!stack.frames.empty() && stack.times > 0) stacks.push_back(std::move(stack));
  }
  std::sort(stacks.begin(), stacks.end(), [](const Stack& a, const Stack& b) { return a.frames < b.frames; });
  return stacks;
}

}  // namespace

StackProfile read_stacks(std::string_view folded) {
  const std::vector<Stack> stacks = sorted_stacks(folded);
  StackProfile profile;
  profile.root.name = "all";
  std::map<std::string_view, FunctionShare> functions;
  for (const Stack& stack : stacks) {
    Frame* frame = &profile.root;
    frame->value += stack.times;
    for (const std::string_view name : stack.frames) {
      if (frame->calls.empty() || frame->calls.back().name != name) frame->calls.push_back({std::string(name), 0, {}});
      frame = &frame->calls.back();
      frame->value += stack.times;
    }
    functions[stack.frames.back()].self += stack.times;
    // A function that calls itself is counted once for each sample.
    for (const auto name : std::set<std::string_view>(stack.frames.begin(), stack.frames.end())) {
      functions[name].total += stack.times;
    }
  }
  for (auto& [name, share] : functions) {
    share.name = name;
    profile.functions.push_back(std::move(share));
  }
  std::stable_sort(profile.functions.begin(), profile.functions.end(),
                   [](const FunctionShare& a, const FunctionShare& b) {
                     return std::pair(a.self, a.total) > std::pair(b.self, b.total);
                   });
  return profile;
}

MemoryPoints read_memory(std::string_view csv) {
  constexpr double kMiB = 1024.0 * 1024.0;
  MemoryPoints points;
  next_line(csv);
  while (!csv.empty() && points.file.size() < kMostPoints) {
    const std::string_view line = next_line(csv);
    const std::size_t first = line.find(','), second = line.rfind(',');
    double ms = 0, anonymous = 0, file = 0;
    if (first == second || !read_number(line.substr(0, first), ms) ||
        !read_number(line.substr(first + 1, second - first - 1), anonymous) ||
        !read_number(line.substr(second + 1), file) || (!points.file.empty() && ms < points.file.back().ms)) {
      continue;
    }
    points.anonymous.push_back({ms, anonymous / kMiB});
    points.file.push_back({ms, file / kMiB});
  }
  return points;
}

}  // namespace kite::race
