// SPDX-License-Identifier: Apache-2.0
// A progress bar, which is only drawn on a terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace kite::cli {

class Progress {
 public:
  // Draws nothing when stderr is not a terminal or `total` is too small for a bar.
  Progress(std::string what, std::size_t total);
  ~Progress();  // wipes the bar
  void advance_to(std::size_t done);
  // Wipes the bar so that a line can be printed; it comes back at the next advance.
  void clear();

 private:
  std::string what_;
  std::size_t total_;
  bool shown_ = false;
  bool enabled_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace kite::cli
