// SPDX-License-Identifier: Apache-2.0
// Progress on standard error, and Ctrl-C.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace kite::race {

// On a terminal, one status line that is overwritten. If standard error is not a terminal, only notes are printed.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] bool interactive() const { return interactive_; }
  // Prints a line that is not overwritten.
  void note(std::string_view text);
  // Draws the status line, at most ten times a second, cut to the terminal's width.
  void status(std::string_view text);
  // "what [====  ] 3/10"; if the total is not known (0), a spinner and the time since the beginning.
  void progress(std::string_view what, std::size_t done, std::size_t total);
  void clear();
  // The width of the terminal; 100 if it is not known.
  [[nodiscard]] std::size_t columns() const;

 private:
  bool interactive_;
  bool shown_ = false;
  std::string what_;
  std::chrono::steady_clock::time_point began_, drawn_;
};

// "12 s", "3 min 20 s", "1 h 05 min".
[[nodiscard]] std::string duration_text(double seconds);

// cli::remember_interrupts(), and a reader that is gone is an error of a write instead of the end: a race goes on.
[[nodiscard]] const std::atomic<bool>& catch_interrupts();

}  // namespace kite::race
