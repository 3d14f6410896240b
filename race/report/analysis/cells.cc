// SPDX-License-Identifier: Apache-2.0
// Sorts the processes into their cells and takes medians.
#include "race/report/analysis/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "race/report/analysis/counters.h"

namespace kite::race {
namespace {

double ms(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

std::optional<double>& at(ProcessValues& values, Measure measure) {
  return values.values[static_cast<std::size_t>(measure)];
}

// A contestant may print any number, so each time is checked.
bool is_time(double ms) { return std::isfinite(ms) && ms > 0; }

// A process that failed has no values. A process whose answer is unequal has values, but only for the tables.
ProcessValues values_of(const ProcessRecord& process, std::size_t index, Mode mode) {
  ProcessValues values;
  values.process = index;
  if (process.status != Outcome::kOk && process.status != Outcome::kUnequal) return values;
  if (process.purpose == Purpose::kInstructions) return values;
  std::uint64_t anonymous = 0;
  for (const auto& mark : process.marks) anonymous = std::max(anonymous, mark.rss_anon_bytes);
  if (anonymous > 0) at(values, Measure::kPeakAnon) = static_cast<double>(anonymous);
  if (process.purpose == Purpose::kMemory) return values;

  at(values, Measure::kWall) = ms(process.wall_ns);
  at(values, Measure::kUser) = ms(process.user_ns);
  at(values, Measure::kSystem) = ms(process.system_ns);
  if (process.wall_ns > 0) values.cpus_used = ms(process.user_ns + process.system_ns) / ms(process.wall_ns);
  if (process.peak_rss_bytes > process.peak_rss_floor_bytes) {
    at(values, Measure::kPeakRss) = static_cast<double>(process.peak_rss_bytes);
  }
  if (mode == Mode::kOneshot) {
    if (process.label_ns > 0) at(values, Measure::kLabel) = ms(process.label_ns);
    return values;
  }
  const auto runtime = phase_ms(process, "runtime"), loaded = phase_ms(process, "loaded");
  if (runtime && loaded) at(values, Measure::kLoad) = *loaded - *runtime;
  if (process.samples.empty()) return values;
  if (is_time(process.samples.front().ms)) at(values, Measure::kFirst) = process.samples.front().ms;
  std::vector<double> series;
  for (std::size_t i = 1; i < process.samples.size(); ++i) series.push_back(process.samples[i].ms);
  if (series.empty()) return values;
  const SteadinessFound found = classify_steadiness(series);
  values.warm_up = found.steadiness;
  values.cut = static_cast<std::int32_t>(found.cut);
  const auto steady = steady_samples(process, values.cut);
  if (!steady.empty()) at(values, Measure::kP50) = median_of(steady);
  return values;
}

// All processes that are ok. If an older journal ran a round once more, only the re-run counts.
void choose_counted(CellSummary& cell, const Journal& journal) {
  std::set<std::int32_t> run_again;
  const auto is_ok = [&](const ProcessValues& values, Purpose purpose) {
    const auto& process = journal.processes[values.process];
    return process.status == Outcome::kOk && process.purpose == purpose;
  };
  for (const auto& values : cell.processes) {
    if (is_ok(values, Purpose::kRerun)) run_again.insert(journal.processes[values.process].round);
  }
  for (auto& values : cell.processes) {
    const bool first = is_ok(values, Purpose::kRound) && !run_again.contains(journal.processes[values.process].round);
    values.counted = first || is_ok(values, Purpose::kRerun) || is_ok(values, Purpose::kHeat);
  }
}

// The median over the processes that count; if none of them has the value, that of the memory pass.
std::vector<double> all_values(const CellSummary& cell, Measure measure, const Journal& journal) {
  std::vector<double> counted, memory;
  for (const auto& values : cell.processes) {
    const auto& value = values.values[static_cast<std::size_t>(measure)];
    if (!value) continue;
    if (values.counted) counted.push_back(*value);
    if (journal.processes[values.process].purpose == Purpose::kMemory) memory.push_back(*value);
  }
  return counted.empty() ? memory : counted;
}

void summarise_measures(CellSummary& cell, const Journal& journal) {
  for (const Measure measure : kMeasures) {
    cell.measures[static_cast<std::size_t>(measure)] = spread_of(all_values(cell, measure, journal));
  }
  std::vector<double> cpus;
  for (const auto& process : cell.processes) {
    if (process.counted && process.cpus_used) cpus.push_back(*process.cpus_used);
  }
  cell.cpus_used = spread_of(cpus);
}

class Medians {
 public:
  void add(const std::string& name, double value) {
    if (!values_.contains(name)) order_.push_back(name);
    values_[name].push_back(value);
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return order_; }
  [[nodiscard]] double median(const std::string& name) const { return median_of(values_.at(name)); }
  [[nodiscard]] std::int32_t n(const std::string& name) const {
    return static_cast<std::int32_t>(values_.at(name).size());
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, std::vector<double>> values_;
};

void summarise_phases(CellSummary& cell, const Journal& journal) {
  Medians spans;
  for (const auto& values : cell.processes) {
    if (!values.counted) continue;
    const auto& process = journal.processes[values.process];
    const double wall = ms(process.wall_ns);
    if (cell.mode == Mode::kOneshot) {
      if (process.label_ns <= 0) continue;
      spans.add("answer", ms(process.label_ns));
      spans.add("exit", wall - ms(process.label_ns));
      continue;
    }
    double from = 0;
    static constexpr std::array<std::pair<const char*, const char*>, 4> kSpans = {
        {{"start", "runtime"}, {"load", "loaded"}, {"first", "first"}, {"steady", "done"}}};
    bool whole = true;
    for (const auto& [name, phase] : kSpans) {
      const auto to = phase_ms(process, phase);
      if (!to) whole = false;
      if (!whole) break;  // a phase whose beginning is missing would contain the time of another phase
      spans.add(name, *to - from);
      from = *to;
    }
    if (whole) spans.add("exit", wall - from);
  }
  for (const auto& name : spans.names()) cell.phases.push_back({name, spans.median(name), spans.n(name)});
}

void summarise_marks(CellSummary& cell, const Journal& journal) {
  std::vector<std::string> names;
  std::map<std::string, std::array<std::vector<double>, 4>> gathered;
  for (const auto& values : cell.processes) {
    const auto& process = journal.processes[values.process];
    if (!values.counted && (process.purpose != Purpose::kMemory || process.status != Outcome::kOk)) continue;
    for (const auto& mark : process.marks) {
      if (!gathered.contains(mark.name)) names.push_back(mark.name);
      const std::array<std::uint64_t, 4> bytes = {mark.rss_anon_bytes, mark.rss_file_bytes, mark.pss_bytes,
                                                  mark.vm_hwm_bytes};
      for (std::size_t i = 0; i < bytes.size(); ++i) gathered[mark.name][i].push_back(static_cast<double>(bytes[i]));
    }
  }
  for (const auto& name : names) {
    const auto& bytes = gathered[name];
    cell.marks.push_back({name, median_of(bytes[0]), median_of(bytes[1]), median_of(bytes[2]), median_of(bytes[3]),
                          static_cast<std::int32_t>(bytes[0].size())});
  }
}

void summarise_usage(CellSummary& cell, const Journal& journal) {
  std::array<std::vector<double>, 5> usage;
  for (const auto& values : cell.processes) {
    if (!values.counted) continue;
    const auto& process = journal.processes[values.process];
    usage[0].push_back(static_cast<double>(process.minor_faults));
    usage[1].push_back(static_cast<double>(process.major_faults));
    usage[2].push_back(static_cast<double>(process.voluntary_switches));
    usage[3].push_back(static_cast<double>(process.involuntary_switches));
    usage[4].push_back(static_cast<double>(process.peak_rss_floor_bytes));
  }
  if (usage[0].empty()) return;
  cell.minor_faults = median_of(usage[0]);
  cell.major_faults = median_of(usage[1]);
  cell.voluntary_switches = median_of(usage[2]);
  cell.involuntary_switches = median_of(usage[3]);
  cell.peak_rss_floor_bytes = median_of(usage[4]);
}

void summarise_failures(CellSummary& cell, const Journal& journal) {
  for (const auto& values : cell.processes) {
    const auto& process = journal.processes[values.process];
    if (process.status == Outcome::kOk) continue;
    const auto same = [&](const Failure& failure) { return failure.status == process.status; };
    const auto found = std::find_if(cell.failures.begin(), cell.failures.end(), same);
    if (found != cell.failures.end()) {
      ++found->n;
    } else {
      cell.failures.push_back({process.status, 1, process.reason, process.log});
    }
  }
}

void summarise_samples(CellSummary& cell, const Journal& journal) {
  std::map<Steadiness, std::int32_t> classes;
  std::vector<std::vector<double>> processes;
  for (const auto& values : cell.processes) {
    if (!values.counted || !values.warm_up) continue;
    ++classes[*values.warm_up];
    processes.push_back(steady_samples(journal.processes[values.process], values.cut));
  }
  for (const auto& [steadiness, n] : classes) cell.warm_ups.push_back({steadiness, n});
  if (processes.empty()) return;
  for (const double q : {0.9, 0.95, 0.99, 0.999}) cell.percentiles.push_back(percentile_of(processes, q));
}

Error contradiction(std::string what) {
  return {ErrorCode::kInvalidInput, std::move(what), "journal", "the journal was edited or mixed with another race's"};
}

}  // namespace

std::optional<double> phase_ms(const ProcessRecord& process, std::string_view name) {
  for (const auto& phase : process.phases) {
    if (phase.name == name) return ms(phase.t_ns);
  }
  return std::nullopt;
}

std::vector<double> steady_samples(const ProcessRecord& process, std::int32_t cut) {
  std::vector<double> steady;
  for (std::size_t i = 1 + static_cast<std::size_t>(cut); i < process.samples.size(); ++i) {
    if (is_time(process.samples[i].ms)) steady.push_back(process.samples[i].ms);
  }
  return steady;
}

ByRound wall_by_round(const CellSummary& cell, const Journal& journal) {
  ByRound rounds;
  for (const auto& values : cell.processes) {
    const auto& wall = values.values[static_cast<std::size_t>(Measure::kWall)];
    if (values.counted && wall) rounds[journal.processes[values.process].round] = *wall;
  }
  return rounds;
}

std::vector<std::string> contestant_labels(const PlanRecord& plan) {
  std::vector<std::string> labels;
  std::map<std::string, int> uses;
  for (const auto& contestant : plan.contestants) {
    std::string label = contestant.title.empty() ? contestant.id : contestant.title;
    if (contestant.control) label += ", once more (control)";
    if (contestant.track == Track::kDefault) label += ", as installed";
    ++uses[label];
    labels.push_back(std::move(label));
  }
  std::set<std::string> taken;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& contestant = plan.contestants[i];
    if (uses[labels[i]] > 1 && !contestant.variant.empty()) labels[i] += ", " + contestant.variant;
    if (!taken.insert(labels[i]).second) taken.insert(labels[i] = fmt::format("{} ({})", labels[i], contestant.id));
  }
  return labels;
}

Result<std::vector<CellSummary>> summarise_cells(const Journal& journal) {
  const auto& plan = journal.plan;
  const auto labels = contestant_labels(plan);
  std::vector<CellSummary> cells;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    const auto& record = plan.cells[i];
    CellSummary cell;
    const auto same = [&](const ContestantRecord& contestant) { return contestant.id == record.contestant; };
    const auto found = std::find_if(plan.contestants.begin(), plan.contestants.end(), same);
    if (found == plan.contestants.end()) {
      return contradiction(
          fmt::format("cell {} belongs to \"{}\", which the plan does not have", i, record.contestant));
    }
    cell.cell = static_cast<std::int32_t>(i);
    cell.contestant = static_cast<std::size_t>(found - plan.contestants.begin());
    cell.id = found->id;
    cell.label = labels[cell.contestant];
    cell.peer = found->peer.empty() ? found->id : found->peer;
    cell.variant = found->variant;
    cell.model = record.model;
    cell.track = found->track;
    cell.mode = record.mode;
    cell.threads = record.threads;
    cell.control = found->control;
    cell.command = record.command;
    cells.push_back(std::move(cell));
  }
  for (std::size_t i = 0; i < journal.processes.size(); ++i) {
    const auto& process = journal.processes[i];
    if (process.cell < 0 || static_cast<std::size_t>(process.cell) >= cells.size()) {
      return contradiction(fmt::format("process {} ran in cell {}, the plan has {}", i, process.cell, cells.size()));
    }
    if (!is_compared(process.purpose) && process.purpose != Purpose::kMemory &&
        process.purpose != Purpose::kInstructions) {
      continue;
    }
    auto& cell = cells[static_cast<std::size_t>(process.cell)];
    cell.processes.push_back(values_of(process, i, cell.mode));
  }
  for (auto& cell : cells) {
    choose_counted(cell, journal);
    summarise_measures(cell, journal);
    summarise_phases(cell, journal);
    summarise_marks(cell, journal);
    summarise_usage(cell, journal);
    summarise_failures(cell, journal);
    summarise_samples(cell, journal);
    cell.counters = summarise_counters(cell, journal);
  }
  return cells;
}

}  // namespace kite::race
