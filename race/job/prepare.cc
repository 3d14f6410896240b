// SPDX-License-Identifier: Apache-2.0
// What a contestant does once for a model before the race: save an optimised model, compile, convert.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/folder_reader.h"
#include "base/subprocess.h"
#include "cli/output/output_file.h"
#include "race/job/command.h"
#include "race/job/job.h"

namespace kite::race {

namespace {

namespace fs = std::filesystem;
constexpr double kLongestPreparation_s = 3600;  // a compiler of networks may take many minutes on a small machine

std::string mark_of(const Preparation& preparation) { return preparation.cache + ".prepared"; }

// A mark is a file with the command that succeeded, so that a resumed race does not run it again.
bool is_done(const Preparation& preparation) {
  std::ifstream in(mark_of(preparation), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return in.is_open() && text == quoted(preparation.argv);
}

// Empty: it worked.
std::string failure_of(const Preparation& preparation, const JobWatch& watch) {
  std::error_code failed;
  remove_folder(preparation.cache);
  fs::create_directories(preparation.cache, failed);
  SubprocessOptions options;
  options.timeout_s = kLongestPreparation_s;
  options.stop = watch.stop;
  options.on_tick = [&] { watch.progress("preparing " + preparation.contestant, 0, 0); };
  const auto result = run_subprocess(preparation.argv, options);
  if (!result.ok()) return result.error().message();
  if (result->stopped) return "interrupted";
  if (result->timed_out) return fmt::format("did not end within {:g} s", kLongestPreparation_s);
  if (!result->ok())
    return result->last_line().empty() ? fmt::format("ended with {}", result->exit_code) : result->last_line();
  const kite::Status written = cli::write_file(mark_of(preparation), quoted(preparation.argv));
  return written.ok() ? "" : written.error().message();
}

}  // namespace

void prepare(Job& job, const JobWatch& watch) {
  std::size_t done = 0;
  for (const Preparation& preparation : job.preparations) {
    watch.progress("preparing " + preparation.contestant, done++, job.preparations.size());
    if (watch.stopped()) return;
    if (is_done(preparation)) continue;
    const std::string failure = failure_of(preparation, watch);
    // It failed because the race was interrupted: the resumed race runs the preparation again.
    if (watch.stopped()) return;
    if (failure.empty()) continue;
    watch.note(fmt::format("{} could not prepare {}: {}", preparation.contestant, preparation.model, failure));
    for (const std::int32_t cell : preparation.cells)
      job.unready[static_cast<std::size_t>(cell)] = "its preparation failed: " + failure;
  }
}

}  // namespace kite::race
