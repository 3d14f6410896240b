// SPDX-License-Identifier: Apache-2.0
// Draws the bar at most ten times a second, with the time that is left.
#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/output/output.h"

namespace kite::cli {

namespace {
constexpr std::size_t kWorthABar = 10;
constexpr int kBarWidth = 30;
}  // namespace

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)),
      total_(total),
      enabled_(total >= kWorthABar && ::isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()),
      drawn_(start_) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (!shown_) return;
  standard_error().write("\r\033[K");
  shown_ = false;
}

void Progress::advance_to(std::size_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (!enabled_ || done == 0 || now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  const double share = static_cast<double>(done) / static_cast<double>(total_);
  const double elapsed_s = std::chrono::duration<double>(now - start_).count();
  const int filled = static_cast<int>(share * kBarWidth);
  standard_error().write(fmt::format("\r\033[K{} [{:=<{}}{: <{}}] {}/{}, {:.0f} s left", what_, "", filled, "",
                                     kBarWidth - filled, done, total_, elapsed_s * (1.0 - share) / share));
  shown_ = true;
}

}  // namespace kite::cli
