// SPDX-License-Identifier: Apache-2.0
// Says what two races differ by.
#include "race/report/document/changes.h"

#include <fmt/format.h>

#include "race/report/analysis/text.h"
#include "race/report/document/rows.h"

namespace kite::race {

Blocks change_blocks(const RaceChanges& changes) {
  Table table("Changes",
              {{"contestant"},
               {"before, ms", Kind::kNumber},
               {"after, ms", Kind::kNumber},
               {"after / before (95 % interval)", Kind::kNumber},
               {"processes", Kind::kNumber},
               {"verdict"}},
              "The races have no cell in common.");
  for (const auto& row : changes.rows) {
    table.group(place_text(row.model, row.mode, row.threads, row.track));
    table.row({row.label + (row.bridge ? " (unchanged)" : ""), digits(row.before_ms), digits(row.after_ms),
               ratio_number(row.ratio, row.interval), fmt::format("{} and {}", row.n_before, row.n_after),
               verdict_mark(verdict_name(row.verdict), row.verdict)});
  }
  Blocks blocks;
  blocks << std::move(table);
  blocks << Paragraph{
      fmt::format("Margin {}: the wider of what was asked for and what contestants that did not change differ by ({}).",
                  percent_text(changes.margin), changes.drift ? percent_text(*changes.drift) : "none")};
  if (changes.slower) {
    blocks << Paragraph{"Before \"slower\" is believed, race once more: a finding of one race is a suspicion."};
  }
  for (const auto& warning : changes.warnings) blocks << Paragraph{"Note: " + warning + "."};
  return blocks;
}

}  // namespace kite::race
