// SPDX-License-Identifier: Apache-2.0
// Writes the comparison of two races.
#include "race/report/render/changes.h"

#include <fmt/format.h>

#include "race/report/analysis/text.h"
#include "race/report/render/markdown_table.h"

namespace kite::race {

std::string changes_text(const RaceChanges& changes) {
  MarkdownTable table({"model", "mode", "contestant", "threads", "before", "after", "after / before", "interval",
                       "processes", "verdict"});
  for (const auto& row : changes.rows) {
    table.add({row.model, std::string(mode_title(row.mode)), row.label + (row.bridge ? " (unchanged)" : ""),
               row.track == Track::kDefault ? "as installed" : fmt::format("{}", row.threads), ms_text(row.before_ms),
               ms_text(row.after_ms), row.ratio ? ratio_text(*row.ratio) : "n/a",
               row.interval ? range_text(*row.interval) : "n/a", fmt::format("{} and {}", row.n_before, row.n_after),
               row.verdict});
  }
  std::string out = table.text("The races have no cell in common.");
  out += fmt::format(
      "Margin {}: the widest of what was asked for, both noise floors, and what unchanged contestants "
      "differ by ({}).\n",
      percent_text(changes.margin), changes.bridge ? percent_text(*changes.bridge) : "none");
  if (changes.slower) out += "Before \"slower\" is believed, race once more: a finding of one race is a suspicion.\n";
  for (const auto& warning : changes.warnings) out += "Note: " + warning + ".\n";
  return out;
}

}  // namespace kite::race
