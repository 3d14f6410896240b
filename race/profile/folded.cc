// SPDX-License-Identifier: Apache-2.0
// Reads the text line by line. All string views point into that text.
#include "race/profile/folded.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "base/ascii.h"

namespace kite::race {
namespace {

// perf itself records at most 127 frames; a deeper stack than this is broken.
constexpr std::size_t kMostFrames = 256;
constexpr std::size_t kMostFrameBytes = 300;  // a name of C++ templates can fill pages
constexpr std::string_view kUnknown = "[unknown]";

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

// "name (library)" is split at its last opening parenthesis, since a name can contain parentheses.
struct FunctionInLibrary {
  std::string_view name, library;
};
FunctionInLibrary function_of(std::string_view frame) {
  const std::size_t open = frame.ends_with(')') ? frame.rfind(" (") : std::string_view::npos;
  if (open == std::string_view::npos) return {frame, {}};
  return {trimmed(frame.substr(0, open)), frame.substr(open + 2, frame.size() - open - 3)};
}

bool is_address(std::string_view name) {
  return name.size() > 2 && name.starts_with("0x") &&
         name.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

std::string clean(std::string_view name) {
  std::string out(name.substr(0, kMostFrameBytes));
  for (char& c : out) {
    if (c == ';') c = ':';
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  }
  return out;
}

std::string library_name(std::string_view library) {
  library = library.substr(library.rfind('/') + 1);  // npos + 1 is 0
  return library.empty() || library == kUnknown ? std::string(kUnknown) : "[" + clean(library) + "]";
}

bool has_name(std::string_view frame) { return !frame.starts_with('['); }

// Builds the stack of one sample.
class Stack {
 public:
  void add(std::string frame) {
    if (frame.empty() || frames_.size() >= kMostFrames) return;
    if (!frames_.empty() && !has_name(frame) && frames_.back() == frame) return;
    frames_.push_back(std::move(frame));
  }
  void reverse() { std::reverse(frames_.begin(), frames_.end()); }
  // Removes the outermost frame if it has no name, begins with `root` and calls a function with a name: the unwinder
  // failed there, or left the code of the program.
  void drop_unnamed_root(std::string_view root) {
    if (frames_.size() > 1 && !has_name(frames_[0]) && frames_[0].starts_with(root) && has_name(frames_[1])) {
      frames_.erase(frames_.begin());
    }
  }
  // Counts the stack that was built, and begins the next one.
  void count(FoldedStacks& stacks, std::uint64_t times) {
    std::string joined;
    for (const std::string& frame : frames_) {
      if (!joined.empty()) joined += ';';
      joined += frame;
    }
    frames_.clear();
    if (joined.empty()) return;
    std::uint64_t& total = stacks[joined];
    total += std::min(times, std::numeric_limits<std::uint64_t>::max() - total);
  }

 private:
  std::vector<std::string> frames_;
};

// "          e3bf main (/usr/bin/cat)" -> "main"; "  7f12 [unknown] (/usr/lib/libc.so.6)" -> "[libc.so.6]".
std::string perf_frame(std::string_view line) {
  line = trimmed(line);
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return {};
  const FunctionInLibrary function = function_of(trimmed(line.substr(blank)));
  if (function.name.empty() || function.name == kUnknown) return library_name(function.library);
  return clean(function.name);
}

std::string py_spy_frame(std::string_view frame) {
  frame = trimmed(frame);
  const FunctionInLibrary function = function_of(frame);
  return is_address(function.name) ? library_name(function.library) : clean(frame);
}

}  // namespace

FoldedStacks fold_perf_script(std::string_view text) {
  FoldedStacks stacks;
  Stack stack;
  bool own = false;  // perf's own sample
  const auto end_sample = [&] {
    stack.reverse();
    stack.drop_unnamed_root(kUnknown);
    FoldedStacks discarded;
    stack.count(own ? discarded : stacks, 1);
  };
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.empty()) {
      end_sample();
    } else if (line.front() == ' ' || line.front() == '\t') {
      stack.add(perf_frame(line));
    } else {
      end_sample();
      const std::string_view comm = trimmed(line);
      own = comm == "perf" || comm == "perf-exec";
    }
  }
  end_sample();
  return stacks;
}

FoldedStacks fold_py_spy(std::string_view text) {
  FoldedStacks stacks;
  while (!text.empty()) {
    const std::string_view line = trimmed(next_line(text));
    const std::size_t blank = line.rfind(' ');
    if (blank == std::string_view::npos) continue;
    std::uint64_t times = 0;
    const auto [end, failed] = std::from_chars(line.data() + blank + 1, line.data() + line.size(), times);
    if (failed != std::errc() || end != line.data() + line.size() || times == 0) continue;
    Stack stack;
    std::string_view rest = line.substr(0, blank);
    while (!rest.empty()) {
      const std::size_t next = rest.find(';');
      stack.add(py_spy_frame(rest.substr(0, next)));
      rest = next == std::string_view::npos ? std::string_view() : rest.substr(next + 1);
    }
    stack.drop_unnamed_root("[");  // the C library's start of the interpreter is seen in some samples only
    stack.count(stacks, times);
  }
  return stacks;
}

std::string folded_text(const FoldedStacks& stacks) {
  std::string text;
  for (const auto& [stack, times] : stacks) text += stack + ' ' + std::to_string(times) + '\n';
  return text;
}

std::uint64_t sample_count(const FoldedStacks& stacks) {
  std::uint64_t total = 0;
  for (const auto& [stack, times] : stacks) total += times;
  return total;
}

double named_share(const FoldedStacks& stacks) {
  double named = 0, all = 0;
  for (const auto& [stack, times] : stacks) {
    std::string_view rest = stack;
    while (!rest.empty()) {
      const std::size_t next = rest.find(';');
      all += static_cast<double>(times);
      if (has_name(rest)) named += static_cast<double>(times);
      rest = next == std::string_view::npos ? std::string_view() : rest.substr(next + 1);
    }
  }
  return all > 0 ? named / all : 0;
}

}  // namespace kite::race
