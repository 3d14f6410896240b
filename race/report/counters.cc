// SPDX-License-Identifier: Apache-2.0
// Medians of counters, with the ladder of fallbacks.
#include "race/report/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "race/report/estimates.h"

namespace kite::race {
namespace {

constexpr std::array<const char*, 9> kPerfRows = {"task-clock",  "context-switches", "cpu-migrations",
                                                  "page-faults", "cycles",           "instructions",
                                                  "branches",    "branch-misses",    "cache-misses"};

struct Gathered {
  std::vector<double> values;
  std::map<std::string, std::int32_t> reasons;
};

std::string commonest(const std::map<std::string, std::int32_t>& reasons) {
  std::string best;
  std::int32_t most = 0;
  for (const auto& [reason, n] : reasons) {
    if (n > most) best = reason, most = n;
  }
  return best;
}

CounterSummary summary_of(const std::string& name, const Gathered& gathered) {
  CounterSummary counter;
  counter.name = name;
  counter.reason = commonest(gathered.reasons);
  counter.n = static_cast<std::int32_t>(gathered.values.size());
  if (!gathered.values.empty()) {
    counter.value = median_of(gathered.values);
  } else if (counter.reason.empty()) {
    counter.reason = "not counted in this race";
  }
  return counter;
}

std::vector<double> over_processes(const CellSummary& cell, const Journal& journal,
                                   const std::function<double(const ProcessRecord&)>& value) {
  std::vector<double> values;
  for (const auto& process : cell.processes) {
    if (process.counted) values.push_back(value(journal.processes[process.process]));
  }
  return values;
}

}  // namespace

std::vector<CounterSummary> summarise_counters(const CellSummary& cell, const Journal& journal) {
  std::map<std::string, Gathered> gathered;
  std::vector<std::string> others;
  for (const auto& values : cell.processes) {
    if (!values.counted) continue;
    for (const auto& counter : journal.processes[values.process].counters) {
      const bool known = std::find(kPerfRows.begin(), kPerfRows.end(), counter.name) != kPerfRows.end();
      if (!known && !gathered.contains(counter.name)) others.push_back(counter.name);
      auto& place = gathered[counter.name];
      if (counter.value && std::isfinite(*counter.value)) place.values.push_back(*counter.value);
      if (!counter.reason.empty()) ++place.reasons[counter.reason];
    }
  }
  const auto of_kernel = [&](const char* name, const std::function<double(const ProcessRecord&)>& value) {
    auto& place = gathered[name];
    if (!place.values.empty()) return;
    place.values = over_processes(cell, journal, value);
    const std::string why = commonest(place.reasons);
    place.reasons.clear();
    if (!place.values.empty()) place.reasons[why.empty() ? "from wait4" : "from wait4; perf: " + why] = 1;
  };
  of_kernel("task-clock", [](const ProcessRecord& process) {
    return static_cast<double>(process.user_ns + process.system_ns) / 1e6;
  });
  of_kernel("context-switches", [](const ProcessRecord& process) {
    return static_cast<double>(process.voluntary_switches + process.involuntary_switches);
  });
  of_kernel("page-faults", [](const ProcessRecord& process) {
    return static_cast<double>(process.minor_faults + process.major_faults);
  });

  std::vector<CounterSummary> rows;
  for (const char* name : kPerfRows) {
    rows.push_back(summary_of(name, gathered[name]));
    if (rows.size() == 1) {
      Gathered cpus;
      for (const auto& process : cell.processes) {
        if (process.counted && process.cpus_used) cpus.values.push_back(*process.cpus_used);
      }
      rows.push_back(summary_of("CPUs-used", cpus));
    }
  }
  for (const auto& name : others) rows.push_back(summary_of(name, gathered[name]));
  for (const auto& [name, measure] : {std::pair{"user-ms", Measure::kUser}, {"system-ms", Measure::kSystem}}) {
    Gathered times;
    for (const auto& process : cell.processes) {
      const auto& value = process.values[static_cast<std::size_t>(measure)];
      if (process.counted && value) times.values.push_back(*value);
    }
    rows.push_back(summary_of(name, times));
  }
  return rows;
}

}  // namespace kite::race
