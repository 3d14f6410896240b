// SPDX-License-Identifier: Apache-2.0
// A race lasts minutes, so it shows what it does and how long it will take, without filling a log file.
#include "race/commands/terminal.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/text_escape.h"
#include "cli/output/interrupt.h"
#include "cli/output/output.h"

namespace kite::race {

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kWidth = 24;  // of a bar
constexpr std::string_view kSpinner = "|/-\\";

}  // namespace

Terminal::Terminal()
    : interactive_(::isatty(STDERR_FILENO) != 0), began_(Clock::now()), drawn_(began_ - std::chrono::hours(1)) {}

Terminal::~Terminal() { clear(); }

void Terminal::clear() {
  if (!shown_) return;
  cli::standard_error().write("\r\033[K");
  shown_ = false;
}

void Terminal::note(std::string_view text) {
  clear();
  cli::print(cli::standard_error(), "{}\n", text);
}

void Terminal::status(std::string_view text) {
  const auto now = Clock::now();
  if (!interactive_ || now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  std::string line(text.substr(0, columns() - 1));
  // If the text was cut inside a UTF-8 sequence, the rest of that sequence is removed.
  while (line.size() < text.size() && !line.empty() && (static_cast<unsigned char>(text[line.size()]) & 0xC0U) == 0x80)
    line.pop_back();
  // The output of a contestant may contain any bytes.
  cli::standard_error().write("\r\033[K" + escape_for_terminal(line));
  shown_ = true;
}

std::size_t Terminal::columns() const {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 100;
}

void Terminal::progress(std::string_view what, std::size_t done, std::size_t total) {
  const auto now = Clock::now();
  if (what != what_) {
    what_ = what;
    began_ = now;
  }
  const double elapsed_s = std::chrono::duration<double>(now - began_).count();
  if (total == 0) {
    const auto turn = static_cast<std::size_t>(elapsed_s * 10) % kSpinner.size();
    status(fmt::format("{} {}, {}", kSpinner[turn], what, duration_text(elapsed_s)));
    return;
  }
  const double share = static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  const int filled = static_cast<int>(share * kWidth);
  status(fmt::format("{} [{:=<{}}{: <{}}] {}/{}", what, "", filled, "", kWidth - filled, done, total));
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(std::max(0.0, seconds) + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

const std::atomic<bool>& catch_interrupts() {
  ::signal(SIGPIPE, SIG_IGN);
  return cli::remember_interrupts();
}

}  // namespace kite::race
