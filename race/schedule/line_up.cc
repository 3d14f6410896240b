// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/line_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "race/journal/words.h"

namespace kite::race {

namespace {

const ContestantRecord* find_contestant(const RaceSetup& setup, const std::string& id) {
  const auto& all = setup.plan.contestants;
  const auto found = std::find_if(all.begin(), all.end(), [&id](const ContestantRecord& c) { return c.id == id; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

bool is_reference(const RaceSetup& setup, const ContestantRecord& contestant) {
  if (contestant.control) return false;
  if (contestant.id == setup.plan.reference) return true;
  const ContestantRecord* reference = find_contestant(setup, setup.plan.reference);
  return reference != nullptr && !contestant.peer.empty() && contestant.track != reference->track &&
         contestant.peer == reference->peer && contestant.variant == reference->variant;
}

std::vector<LineUp> line_ups(const RaceSetup& setup, std::span<const std::int32_t> cells) {
  std::vector<LineUp> all;
  for (const std::int32_t id : cells) {
    const CellRecord& cell = setup.plan.cells[static_cast<std::size_t>(id)];
    const ContestantRecord* contestant = find_contestant(setup, cell.contestant);
    if (contestant == nullptr) continue;
    const std::string title = fmt::format("{}, {}, {}, {}", cell.model, word_of(cell.mode), threads_text(cell.threads),
                                          word_of(contestant->track));
    auto found = std::find_if(all.begin(), all.end(), [&title](const LineUp& one) { return one.title == title; });
    if (found == all.end()) {
      all.push_back({title, -1, -1, {}});
      found = std::prev(all.end());
    }
    if (contestant->control) {
      found->control = id;
    } else if (is_reference(setup, *contestant)) {
      found->reference = id;
    } else {
      found->others.push_back(id);
    }
  }
  return all;
}

std::vector<std::int32_t> with_reference_between(std::int32_t reference, std::span<const std::int32_t> contestants) {
  std::vector<std::int32_t> order;
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    if (reference >= 0 && i % 2 == 0) order.push_back(reference);
    order.push_back(contestants[i]);
  }
  if (reference >= 0) order.push_back(reference);
  return order;
}

}  // namespace kite::race
