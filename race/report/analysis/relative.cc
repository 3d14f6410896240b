// SPDX-License-Identifier: Apache-2.0
// A contestant races in one heat, so the number of a set identifies its replicate. The control and the reference race
// in every heat of their workload, so their replicates are identified by the heat as well.
#include "race/report/analysis/relative.h"

#include <cmath>
#include <set>
#include <tuple>

#include "race/pairing/log_ratios.h"

namespace kite::race {
namespace {

// Often only the memory pass has the peak of anonymous memory.
enum class Source : std::uint8_t { kCounted, kMemoryPass };

bool is_of(Source source, const ProcessValues& values, const Journal& journal) {
  return source == Source::kCounted ? values.counted : journal.processes[values.process].purpose == Purpose::kMemory;
}

std::vector<Valued> valued(const CellSummary& cell, Source source, const ValueOf& value, const Journal& journal) {
  std::vector<Valued> all;
  for (const auto& values : cell.processes) {
    const auto found = is_of(source, values, journal) ? value(values) : std::nullopt;
    if (!found) continue;
    const ProcessRecord& process = journal.processes[values.process];
    all.push_back({replicate_of(process.heat, process.round), process.begin_ns, *found});
  }
  return all;
}

// All numbers of replicates that a series of this workload can have.
std::set<std::int32_t> numbers_of(const CellSummary& cell, const std::vector<CellSummary>& cells,
                                  const Journal& journal) {
  std::set<std::int32_t> numbers;
  for (const auto& other : cells) {
    if (!same_workload(cell, other)) continue;
    for (const auto& values : other.processes) {
      const ProcessRecord& process = journal.processes[values.process];
      if (!values.counted && process.purpose != Purpose::kMemory) continue;
      numbers.insert(process.round);
      numbers.insert(replicate_of(process.heat, process.round));
    }
  }
  return numbers;
}

ByRound series_of(const CellSummary& cell, const LogRatios& log_ratios) {
  ByRound series;
  for (const auto& [replicate, ratio] : log_ratios) {
    series[cell.control ? replicate : number_of(replicate)] = std::exp(ratio);
  }
  return series;
}

}  // namespace

bool same_workload(const CellSummary& a, const CellSummary& b) {
  const auto workload = [](const CellSummary& cell) {
    return std::tie(cell.model, cell.track, cell.mode, cell.threads);
  };
  return workload(a) == workload(b);
}

bool is_reference(const CellSummary& cell, const PlanRecord& plan) {
  return !cell.control && (cell.id == plan.reference || cell.id == plan.reference + "@default");
}

const CellSummary* find_reference(const CellSummary& cell, const std::vector<CellSummary>& cells,
                                  const PlanRecord& plan) {
  for (const auto& other : cells) {
    if (same_workload(cell, other) && is_reference(other, plan)) return &other;
  }
  return nullptr;
}

ByRound relative_by_round(const CellSummary& cell, const std::vector<CellSummary>& cells, const ValueOf& value,
                          const Journal& journal) {
  const CellSummary* reference = find_reference(cell, cells, journal.plan);
  ByRound series;
  if (reference == &cell) {
    for (const std::int32_t number : numbers_of(cell, cells, journal)) series[number] = 1;
    return series;
  }
  std::vector<Valued> own = valued(cell, Source::kCounted, value, journal);
  const Source source = own.empty() ? Source::kMemoryPass : Source::kCounted;
  if (own.empty()) own = valued(cell, source, value, journal);
  if (reference != nullptr) return series_of(cell, log_ratios_of(own, valued(*reference, source, value, journal)));
  for (const Valued& one : own) series[number_of(one.replicate)] = one.value;
  return series;
}

ByRound relative_by_round(const CellSummary& cell, const std::vector<CellSummary>& cells, Measure measure,
                          const Journal& journal) {
  const CellSummary* reference = find_reference(cell, cells, journal.plan);
  if (measure == Measure::kP50 && reference != nullptr && reference != &cell) {
    const SteadyRatios steady = steady_log_ratios(journal, cell.cell, reference->cell);
    if (!steady.log_ratios.empty()) return series_of(cell, steady.log_ratios);
  }
  return relative_by_round(
      cell, cells, [measure](const ProcessValues& values) { return values.values[static_cast<std::size_t>(measure)]; },
      journal);
}

}  // namespace kite::race
