// SPDX-License-Identifier: Apache-2.0
// Runs after the last measured process, so that no sampler runs at the same time as one.
#include "race/commands/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "paperkite/try.h"
#include "race/profile/profile.h"

namespace kite::race {

namespace {

// Long enough for 1500 samples of each thread, and for inference to take more time than start and loading.
constexpr double kSeconds = 3;

// How many inferences fill that time, by the median that the race measured.
std::int64_t count_for(const Journal& journal, std::int32_t cell) {
  std::vector<double> ms;
  for (const ProcessRecord& process : journal.processes) {
    if (process.cell != cell || process.status != Outcome::kOk) continue;
    for (const Sample& sample : process.samples) ms.push_back(sample.ms);
  }
  if (ms.empty()) return 1;
  const auto middle = ms.begin() + static_cast<std::ptrdiff_t>(ms.size() / 2);
  std::nth_element(ms.begin(), middle, ms.end());
  return static_cast<std::int64_t>(std::clamp(kSeconds * 1e3 / std::max(*middle, 1e-3), 1.0, 1e5));
}

}  // namespace

kite::Status profile_contestants(const Job& job, JournalWriter& writer, double timeout_s, Terminal& terminal,
                                 const std::atomic<bool>& stop) {
  KITE_TRY_ASSIGN(const Journal journal, read_journal(job.folder + "/journal.jsonl"));
  std::vector<std::int32_t> cells = cells_to_profile(job.plan);
  std::erase_if(cells, [&](std::int32_t cell) {
    const auto done = [cell](const ProcessRecord& p) { return p.cell == cell && p.purpose == Purpose::kProfile; };
    return !job.unready[static_cast<std::size_t>(cell)].empty() ||
           std::any_of(journal.processes.begin(), journal.processes.end(), done);
  });
  if (cells.empty()) return {};
  KITE_TRY_ASSIGN(Spawner spawner, Spawner::start());
  terminal.note(fmt::format("profiles: {} processes of some {:.0f} seconds", cells.size(), kSeconds));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    ProfileRequest request;
    request.cell = job.plan.cells[static_cast<std::size_t>(cells[i])];
    request.argv = job.argv(request.cell.id, count_for(journal, request.cell.id));
    request.folder = job.folder;
    request.timeout_s = timeout_s;
    request.cancelled = &stop;
    const std::string what = profile_name(request.cell);
    terminal.progress("profiling " + what, i, cells.size());
    auto record = profile_process(spawner, request);
    if (stop.load()) return {};
    if (!record.ok()) return std::move(record).error();
    KITE_TRY(writer.append(*record));
    if (record->status != Outcome::kOk) terminal.note(fmt::format("  no profile of {}: {}", what, record->reason));
  }
  return {};
}

}  // namespace kite::race
