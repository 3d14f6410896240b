// SPDX-License-Identifier: Apache-2.0
// Progress on standard error, and the interrupt.
#include "cli/verify/against.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/output/interrupt.h"
#include "cli/output/output.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

// While one program runs: its last line on a terminal, and only what a setup says elsewhere.
class Watched {
 public:
  explicit Watched(std::string name) : name_(std::move(name)) { remember_interrupts(); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() {
    if (is_drawn_) standard_error().write("\r\033[K");
    end_on_interrupts();
  }

  ReferenceWatch watch() {
    return {[this](std::string_view line) { say(line); },
            [this] {
              if (is_interrupted()) stop_ = true;
            },
            &stop_};
  }

 private:
  void say(std::string_view line) {
    const bool is_setup = line.starts_with("making ") || line.starts_with("setup: ");
    if (is_drawn_) standard_error().write("\r\033[K");
    is_drawn_ = false;
    if (is_setup) {
      print(standard_error(), "kite: {}\n", line);
    } else if (is_terminal_) {
      constexpr std::size_t kMost = 70;  // characters, so that the line is never broken
      print(standard_error(), "{}: {}", name_, line.substr(0, kMost));
      is_drawn_ = true;
    }
  }

  std::string name_;
  std::atomic<bool> stop_ = false;
  bool is_terminal_ = ::isatty(STDERR_FILENO) != 0;
  bool is_drawn_ = false;
};

}  // namespace

Result<AgainstLibrary> AgainstLibrary::open(const std::string& library, const std::string& references_dir) {
  Watched watched(library);
  KITE_TRY_ASSIGN(ReferenceProgram program, ReferenceProgram::open(library, references_dir, watched.watch()));
  KITE_TRY_ASSIGN(TemporaryFolder folder, TemporaryFolder::create());
  return AgainstLibrary(std::move(program), std::move(folder));
}

Result<std::unique_ptr<Recording>> AgainstLibrary::record(const RecordingRequest& request) {
  std::error_code ignored;
  if (!recording_.empty()) std::filesystem::remove(recording_, ignored);
  recording_ = fmt::format("{}/{}.npz", folder_.path(), ++recordings_);
  Watched watched(program_.title());
  KITE_TRY(program_.record(request, recording_, watched.watch()));
  KITE_TRY_ASSIGN(Recording recording, Recording::open(recording_));
  return std::make_unique<Recording>(std::move(recording));
}

}  // namespace kite::cli
