// SPDX-License-Identifier: Apache-2.0
// kite race compare OLD NEW: the regression gate. Exit code 1 where a contestant has become slower.
#include "race/report/analysis/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "race/commands/commands.h"
#include "race/report/document/changes.h"
#include "race/report/render/markdown.h"

namespace kite::race {

int compare(const Options& options) {
  std::vector<Journal> journals;
  for (const std::string& folder : options.folders) {
    auto journal = read_journal(folder + "/journal.jsonl");
    if (!journal.ok()) return report_error(journal.error());
    // A margin wider than the race's own only loosens the gate, and was asked for.
    journal->plan.margin = std::max(journal->plan.margin, options.margin);
    journals.push_back(std::move(journal).value());
  }
  const auto changes = compare_journals(journals[0], journals[1]);
  if (!changes.ok()) return report_error(changes.error());
  fmt::print("{}", markdown(change_blocks(*changes)));
  return changes->slower ? kSomeFailed : kOk;
}

}  // namespace kite::race
