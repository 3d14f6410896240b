// SPDX-License-Identifier: Apache-2.0
// What people see on standard error while they wait, and Ctrl-C.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace kite::race {

// One status line that is drawn over on a terminal; elsewhere status is silent and only notes are lines.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] bool interactive() const { return interactive_; }
  // A line of its own that stays.
  void note(std::string_view text);
  // The status line, at most ten times a second; cut to the terminal's width.
  void status(std::string_view text);
  // "what [====  ] 3/10"; a spinner and the time since it began where the total is not known (0).
  void progress(std::string_view what, std::size_t done, std::size_t total);
  void clear();
  // As wide as it is; 100 where nobody can tell.
  [[nodiscard]] std::size_t columns() const;

 private:
  bool interactive_;
  bool shown_ = false;
  std::string what_;
  std::chrono::steady_clock::time_point began_, drawn_;
};

// "12 s", "3 min 20 s", "1 h 05 min".
[[nodiscard]] std::string duration_text(double seconds);

// Set by SIGINT and SIGTERM from now on; a second one ends the program at once.
[[nodiscard]] const std::atomic<bool>& catch_interrupts();

}  // namespace kite::race
