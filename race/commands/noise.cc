// SPDX-License-Identifier: Apache-2.0
// kite doctor --noise: repeats fixed work, and says how much equal pieces differ and which differences
// a race would see.
#include "race/commands/noise_found.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "paperkite/try.h"
#include "race/commands/commands.h"
#include "race/commands/terminal.h"
#include "race/report/render/svg_file.h"
#include "race/report/render/terminal.h"
#include "race/report/write.h"
#include "race/spawn/affinity.h"
#include "race/spawn/fixed_work.h"
#include "race/spawn/machine.h"
#include "race/spawn/noise.h"
#include "race/spawn/proc_text.h"

namespace kite::race {

namespace {

// The numbers of threads that were named, or else one and all that the machine grants.
std::vector<std::int32_t> threads_of(const Options& options) {
  if (!options.threads.empty()) return options.threads;
  const auto all = static_cast<std::int32_t>(allowed_cpus().size());
  return all > 1 ? std::vector<std::int32_t>{1, all} : std::vector<std::int32_t>{1};
}

std::string threads_text(const std::vector<std::int32_t>& threads) {
  return fmt::format("{} thread{}", fmt::join(threads, " and "),
                     threads == std::vector{1} ? ""
                     : threads.size() > 1      ? "s in turn"
                                               : "s");
}

Result<RecordedWork> measured(const Options& options, Terminal& terminal, const std::atomic<bool>& stop) {
  const std::vector<std::int32_t> threads = threads_of(options);
  const MachineRecord machine = machine_record({});
  const double load = read_noise_sums({}).load;
  const auto go_on = [&](double passed_s) {
    terminal.progress("measuring the noise, s", static_cast<std::size_t>(passed_s),
                      static_cast<std::size_t>(std::ceil(options.noise_seconds)));
    return !stop.load();
  };
  KITE_TRY_ASSIGN(std::vector<WorkSeries> series, measure_fixed_work(threads, options.noise_seconds, go_on));
  terminal.clear();
  const double block_ms = 1e3 * kWorkStepS / static_cast<double>(threads.size());
  return RecordedWork{fmt::format("{}, {}, {}: blocks of {:.0f} ms with {}; load {:.2f} before", machine.processor,
                                  machine.processors, machine.virtualisation, block_ms, threads_text(threads), load),
                      std::move(series)};
}

Result<RecordedWork> recorded(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return Error{ErrorCode::kIo, "cannot be read", path, "name a file that `kite doctor --noise --csv` wrote"};
  auto work = work_series_from_csv(*text);
  if (!work.ok()) return std::move(work).error().in(path);
  return work;
}

// Recording the series again would take minutes.
kite::Status check_files(const Options& options) {
  const std::vector outputs = {options.csv_path, options.svg_path};
  return cli::check_outputs(outputs, [&] { return std::vector{options.read_path}; });
}

kite::Status write_files(const Options& options, const RecordedWork& work, const std::vector<NoiseFound>& all) {
  if (!options.csv_path.empty()) KITE_TRY(cli::write_file(options.csv_path, csv_of(work.series, work.comment)));
  if (options.svg_path.empty()) return {};
  return cli::write_file(options.svg_path, standalone_svg(noise_plot(all, work.comment)));
}

}  // namespace

int noise(const Options& options) {
  if (const kite::Status files = check_files(options); !files.ok()) return print_error(files.error());
  Terminal terminal;
  const std::atomic<bool>& stop = catch_interrupts();
  const auto work = options.read_path.empty() ? measured(options, terminal, stop) : recorded(options.read_path);
  terminal.clear();
  if (!work.ok()) return print_error(work.error());
  const auto longest_s = std::ranges::max(work->series, {}, &WorkSeries::seconds).seconds();
  const bool is_short =
      std::ranges::any_of(work->series, [](const WorkSeries& one) { return one.blocks.size() < kFewestBlocks; });
  if (stop.load() && (is_short || distances_within(longest_s).empty())) {
    terminal.note("interrupted too early to say anything: the shortest distance needs half a second");
    return kInterrupted;
  }
  std::vector<NoiseFound> all;
  for (const WorkSeries& series : work->series) all.push_back(noise_of(series));
  if (const kite::Status written = write_files(options, *work, all); !written.ok()) return print_error(written.error());
  if (options.json) {
    cli::standard_output().write(noise_json(all, work->comment));
  } else {
    cli::print("{}", terminal_text(noise_blocks(all, work->comment, terminal.columns()), terminal.columns()));
  }
  if (stop.load()) terminal.note(fmt::format("interrupted after {:.0f} s; this is the result so far", longest_s));
  return stop.load() ? kInterrupted : kOk;
}

}  // namespace kite::race
