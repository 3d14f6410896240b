// SPDX-License-Identifier: Apache-2.0
// The flags themselves are set where the process is measured; here they are weighed.
#include "race/schedule/disturbed.h"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace kite::race {

std::vector<std::int32_t> disturbed_rounds(std::span<const ProcessRecord> processes) {
  const std::set<std::string> machine = {"steal", "frequency", "busy machine"};
  std::map<std::int32_t, int> of_cell;
  std::map<std::pair<std::int32_t, std::string>, int> flagged;
  const auto counts = [](const ProcessRecord& p) { return p.purpose == Purpose::kRound && p.status == Outcome::kOk; };
  for (const ProcessRecord& process : processes) {
    if (!counts(process)) continue;
    ++of_cell[process.cell];
    for (const std::string& flag : std::set(process.flags.begin(), process.flags.end()))
      ++flagged[{process.cell, flag}];
  }
  std::set<std::int32_t> rounds;
  for (const ProcessRecord& process : processes) {
    if (!counts(process)) continue;
    for (const std::string& flag : process.flags) {
      const bool own = 2 * flagged[{process.cell, flag}] >= of_cell[process.cell];
      if (machine.contains(flag) && !own) rounds.insert(process.round);
    }
  }
  return {rounds.begin(), rounds.end()};
}

}  // namespace kite::race
