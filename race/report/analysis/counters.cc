// SPDX-License-Identifier: Apache-2.0
// Computes the medians of counters, from the first source that has them.
#include "race/report/analysis/counters.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "race/report/analysis/estimates.h"

namespace kite::race {
namespace {

constexpr std::array<const char*, 13> kPerfRows = {
    "task-clock", "cpus-utilized", "context-switches", "cpu-migrations", "page-faults", "cycles",     "instructions",
    "branches",   "branch-misses", "cache-references", "cache-misses",   "user_time",   "system_time"};

bool is_time(std::string_view name) { return name == "task-clock" || name == "user_time" || name == "system_time"; }

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
  counter.unit = is_time(name) ? "ns" : "";
  counter.n = static_cast<std::int32_t>(gathered.values.size());
  if (!gathered.values.empty()) {
    counter.value = median_of(gathered.values);
  } else if (counter.reason.empty()) {
    counter.reason = "not counted in this race";
  }
  return counter;
}

// If no process has a counter, this value of wait4 is used instead.
std::optional<double> from_usage(std::string_view name, const ProcessRecord& process) {
  const auto cpu_ns = static_cast<double>(process.user_ns + process.system_ns);
  if (name == "task-clock") return cpu_ns;
  if (name == "user_time") return static_cast<double>(process.user_ns);
  if (name == "system_time") return static_cast<double>(process.system_ns);
  if (name == "cpus-utilized" && process.wall_ns > 0) return cpu_ns / static_cast<double>(process.wall_ns);
  if (name == "context-switches") {
    return static_cast<double>(process.voluntary_switches + process.involuntary_switches);
  }
  if (name == "page-faults") return static_cast<double>(process.minor_faults + process.major_faults);
  return std::nullopt;
}

}  // namespace

std::vector<CounterSummary> summarise_counters(const CellSummary& cell, const Journal& journal) {
  std::map<std::string, Gathered> gathered;
  std::vector<std::string> others;
  for (const auto& values : cell.processes) {
    if (!values.counted && journal.processes[values.process].purpose != Purpose::kInstructions) continue;
    for (const auto& counter : journal.processes[values.process].counters) {
      const bool known = std::find(kPerfRows.begin(), kPerfRows.end(), counter.name) != kPerfRows.end();
      if (!known && !gathered.contains(counter.name)) others.push_back(counter.name);
      auto& bucket = gathered[counter.name];
      if (counter.value && std::isfinite(*counter.value)) bucket.values.push_back(*counter.value);
      if (!counter.reason.empty()) ++bucket.reasons[counter.reason];
    }
  }
  std::vector<CounterSummary> rows;
  for (const char* name : kPerfRows) {
    auto& bucket = gathered[name];
    if (bucket.values.empty()) {
      for (const auto& values : cell.processes) {
        const auto value = from_usage(name, journal.processes[values.process]);
        if (values.counted && value) bucket.values.push_back(*value);
      }
      const std::string why = commonest(bucket.reasons);
      bucket.reasons.clear();
      if (!bucket.values.empty()) {
        bucket.reasons["from wait4" + (why.empty() ? "" : " (" + why + ")")] = 1;
      } else if (!why.empty()) {
        bucket.reasons[why] = 1;
      }
    }
    rows.push_back(summary_of(name, bucket));
  }
  for (const auto& name : others) rows.push_back(summary_of(name, gathered[name]));
  return rows;
}

}  // namespace kite::race
