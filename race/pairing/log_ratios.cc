// SPDX-License-Identifier: Apache-2.0
// The distance in time of two processes is that of their beginnings.
#include "race/pairing/log_ratios.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "race/pairing/blocks.h"

namespace kite::race {

namespace {

constexpr std::int32_t kNumbers = 4096;  // no race has as many rounds, no heat as many sets

bool is_value(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

std::int32_t replicate_of(std::int32_t heat, std::int32_t round) noexcept { return heat * kNumbers + round; }

std::int32_t number_of(std::int32_t replicate) noexcept { return replicate % kNumbers; }

LogRatios log_ratios_of(std::span<const Valued> own, std::span<const Valued> reference) {
  std::map<std::int32_t, std::vector<Valued>> beside;
  for (const Valued& one : reference) {
    if (is_value(one.value)) beside[one.replicate].push_back(one);
  }
  std::map<std::int32_t, std::vector<double>> ratios;
  for (const Valued& one : own) {
    const auto found = beside.find(one.replicate);
    if (found == beside.end() || !is_value(one.value)) continue;
    const Valued *before = nullptr, *after = nullptr;
    for (const Valued& other : found->second) {
      if (other.begin_ns <= one.begin_ns) {
        if (before == nullptr || other.begin_ns > before->begin_ns) before = &other;
      } else if (after == nullptr || other.begin_ns < after->begin_ns) {
        after = &other;
      }
    }
    double log_reference = 0;
    int count = 0;
    for (const Valued* other : {before, after}) {
      if (other == nullptr) continue;
      log_reference += std::log(other->value);
      ++count;
    }
    ratios[one.replicate].push_back(std::log(one.value) - log_reference / count);
  }
  LogRatios means;
  for (const auto& [replicate, values] : ratios) {
    double sum = 0;
    for (const double value : values) sum += value;
    means[replicate] = sum / static_cast<double>(values.size());
  }
  return means;
}

SteadyRatios steady_log_ratios(const Journal& journal, std::int32_t cell, std::int32_t reference) {
  SteadyRatios found;
  const bool same_inputs = journal.plan.cells[static_cast<std::size_t>(cell)].mode == Mode::kIncPre;
  for (const SetRecord& set : journal.sets) {
    const auto ended_well = [&](std::int32_t id) {
      return std::any_of(journal.processes.begin(), journal.processes.end(), [&](const ProcessRecord& process) {
        return process.cell == id && process.purpose == Purpose::kHeat && process.heat == set.heat &&
               process.round == set.set && process.status == Outcome::kOk;
      });
    };
    if (!ended_well(cell) || !ended_well(reference)) continue;
    const BlockRatio ratio = block_ratio(blocks_of(set, journal.processes), cell, reference, same_inputs);
    found.pairs += ratio.pairs;
    found.dropped += ratio.dropped;
    if (ratio.log_ratio) found.log_ratios[replicate_of(set.heat, set.set)] = *ratio.log_ratio;
  }
  return found;
}

}  // namespace kite::race
