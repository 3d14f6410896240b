// SPDX-License-Identifier: Apache-2.0
// The rule for disturbed blocks looks at each process by itself and never at a ratio, so it cannot favour a contestant.
#include "race/pairing/blocks.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

#include "race/stats/robust.h"

namespace kite::race {

namespace {

double processor_share(const BlockRecord& block) {
  return block.wall_ns > 0 ? static_cast<double>(block.cpu_ns) / static_cast<double>(block.wall_ns) : 0;
}

void mark_disturbed(std::vector<TimedBlock>& blocks) {
  std::map<std::int32_t, std::vector<double>> shares;
  for (const TimedBlock& block : blocks) {
    if (block.record->cycle > 0) shares[block.record->cell].push_back(processor_share(*block.record));
  }
  std::map<std::int32_t, double> least;
  for (const auto& [cell, own] : shares) {
    const double usual = median(own);
    least[cell] = usual - std::max(kLostProcessorShare * usual, kLostProcessorSds * robust_sd(own));
  }
  for (TimedBlock& block : blocks) {
    const auto found = least.find(block.record->cell);
    block.disturbed = found != least.end() && processor_share(*block.record) < found->second;
  }
}

// The median of the first `count` samples. Absent: one of them is not a positive number.
std::optional<double> log_value(std::span<const Sample> samples, std::size_t count) {
  std::vector<double> ms;
  for (const Sample& sample : samples.first(count)) {
    if (!std::isfinite(sample.ms) || sample.ms <= 0) return std::nullopt;
    ms.push_back(sample.ms);
  }
  if (ms.empty()) return std::nullopt;
  return std::log(median(ms));
}

std::optional<double> log_ratio_of(const TimedBlock& own, const TimedBlock* reference, bool same_inputs) {
  if (reference == nullptr || reference->disturbed || reference->record->cycle == 0) return std::nullopt;
  const std::size_t common = std::min(own.samples.size(), reference->samples.size());
  const auto top = log_value(own.samples, same_inputs ? common : own.samples.size());
  const auto bottom = log_value(reference->samples, same_inputs ? common : reference->samples.size());
  if (!top || !bottom) return std::nullopt;
  return *top - *bottom;
}

}  // namespace

std::vector<TimedBlock> blocks_of(const SetRecord& set, std::span<const ProcessRecord> processes) {
  std::map<std::int32_t, std::span<const Sample>> left;  // for each cell, samples that no block has yet
  for (const ProcessRecord& process : processes) {
    if (process.purpose != Purpose::kHeat || process.heat != set.heat || process.round != set.set) continue;
    std::size_t in_blocks = 0;
    for (const BlockRecord& block : set.blocks) {
      if (block.cell == process.cell) in_blocks += static_cast<std::size_t>(std::max(block.samples, 0));
    }
    if (in_blocks <= process.samples.size()) left[process.cell] = std::span(process.samples).last(in_blocks);
  }
  std::vector<TimedBlock> blocks;
  for (const BlockRecord& record : set.blocks) {
    const auto found = left.find(record.cell);
    const auto count = static_cast<std::size_t>(std::max(record.samples, 0));
    if (found == left.end() || count > found->second.size()) continue;
    blocks.push_back({&record, found->second.first(count), false});
    found->second = found->second.subspan(count);
  }
  mark_disturbed(blocks);
  return blocks;
}

BlockRatio block_ratio(std::span<const TimedBlock> blocks, std::int32_t cell, std::int32_t reference,
                       bool same_inputs) {
  BlockRatio found;
  std::vector<double> ratios;
  const TimedBlock* before = nullptr;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const TimedBlock& own = blocks[i];
    if (own.record->cell == reference) before = &own;
    if (own.record->cell != cell || own.record->cycle == 0) continue;
    const auto next = std::find_if(blocks.begin() + static_cast<std::ptrdiff_t>(i) + 1, blocks.end(),
                                   [reference](const TimedBlock& block) { return block.record->cell == reference; });
    const auto earlier = log_ratio_of(own, before, same_inputs);
    const auto later = log_ratio_of(own, next == blocks.end() ? nullptr : &*next, same_inputs);
    if (own.disturbed || (!earlier && !later)) {
      ++found.dropped;
      continue;
    }
    ++found.pairs;
    ratios.push_back(earlier ? *earlier : *later);
    ratios.push_back(later ? *later : *earlier);
  }
  if (found.pairs >= kFewestPairs) found.log_ratio = median(ratios);
  return found;
}

}  // namespace kite::race
