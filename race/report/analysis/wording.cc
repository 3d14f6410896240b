// SPDX-License-Identifier: Apache-2.0
// Headline, parity, and what may be said of languages.
#include "race/report/analysis/wording.h"

#include <fmt/format.h>

#include <algorithm>

#include "race/journal/words.h"
#include "race/report/analysis/cells.h"
#include "race/report/analysis/standings.h"
#include "race/report/analysis/text.h"

namespace kite::race {
std::string parity_word(const Analysis& analysis, const Comparison& row) {
  const auto checked = [&](Mode mode) {
    const auto found = std::find_if(analysis.parity.begin(), analysis.parity.end(), [&](const ParityRow& parity) {
      return parity.mode == mode && parity.model == row.model && parity.label == row.label;
    });
    return found == analysis.parity.end() ? "" : found->equal ? "equal" : "not equal";
  };
  std::string word = checked(row.mode == Mode::kNoPre ? Mode::kNoPre : Mode::kIncPre);
  if (word.empty() && row.mode == Mode::kOneshot) word = checked(Mode::kNoPre);
  if (!word.empty() && !row.by_answer) return word;
  switch (row.answered) {
    case Answered::kSame: return "same answer";
    case Answered::kOther: return "another answer";
    case Answered::kNothing: return "no answer";
    case Answered::kNotChecked: break;
  }
  return "not checked";
}

std::string resolution_sentence(const ControlResult& control) {
  const ControlRow *best = nullptr, *worst = nullptr;
  for (const auto& row : control.rows) {
    if (row.measure != main_measure(row.mode) || !row.resolution) continue;
    if (best == nullptr || *row.resolution < *best->resolution) best = &row;
    if (worst == nullptr || *row.resolution > *worst->resolution) worst = &row;
  }
  if (best == nullptr) {
    return control.rows.empty()
               ? "How small a difference can be seen here is not known, since the reference did not run beside itself."
               : "How small a difference can be seen here is not known: too few rounds have both the reference and its "
                 "control.";
  }
  const std::string low = percent_text(*best->resolution), high = percent_text(*worst->resolution);
  if (low == high) return fmt::format("Differences below {} cannot be seen here.", low);
  return fmt::format("Differences below {} cannot be seen here at best ({}), and below {} at worst ({}).", low,
                     workload_text(best->model, best->mode, best->threads, best->track), high,
                     workload_text(worst->model, worst->mode, worst->threads, worst->track));
}

std::string bias_sentence(const ControlResult& control) {
  std::vector<std::string> workloads;
  for (const auto& row : control.rows) {
    if (!row.biased) continue;
    workloads.push_back(fmt::format("{} of {} ({})", measure_title(row.measure),
                                    workload_text(row.model, row.mode, row.threads, row.track),
                                    ratio_text(*row.ratio)));
  }
  if (workloads.empty()) return "";
  return fmt::format(
      "Not ranked, since the reference differs from itself there, and again in each half of the rounds: {}",
      joined(workloads, "; "));
}

std::vector<Headline> headline_of(const Analysis& analysis, const Journal& journal) {
  std::vector<Headline> lines;
  for (auto& line : contestant_sentences(analysis.standings)) lines.push_back(std::move(line));
  std::vector<std::string> prepared;
  const auto labels = contestant_labels(journal.plan);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& contestant = journal.plan.contestants[i];
    const bool raced = std::any_of(analysis.cells.begin(), analysis.cells.end(), [&](const CellSummary& cell) {
      return cell.contestant == i && spread(cell, Measure::kWall);
    });
    if (raced && contestant.prepared && !contestant.control && contestant.track == Track::kMatched) {
      prepared.push_back(labels[i]);
    }
  }
  if (!prepared.empty()) {
    lines.push_back({fmt::format("Made before the race and not timed (a plan, a saved or exported model), for {}.",
                                 joined(prepared, "; ")),
                     {}});
  }
  lines.push_back({resolution_sentence(analysis.control), {}});
  if (!analysis.not_ranked.empty()) {
    lines.push_back(
        {fmt::format("{} listed with the reason instead of being ranked.",
                     analysis.not_ranked.size() == 1 ? std::string("1 entry is")
                                                     : fmt::format("{} entries are", analysis.not_ranked.size())),
         {}});
  }
  return lines;
}

std::vector<std::string> caveats_of_languages(const Analysis& analysis) {
  if (analysis.languages.empty()) {
    return {
        "No runtime was ranked from two languages, so this race cannot tell what a language costs around a runtime."};
  }
  std::vector<std::string> lines = {
      "These rows keep the runtime fixed and change the program around it. A difference in \"start\" comes from the "
      "start-up and the imports of the language, and from how the library of the runtime is found. A difference in "
      "\"load\" and \"first\" comes from how the runtime is called. \"steady\" is the runtime's own work plus one call "
      "into it.",
      "These rows show that this program, with these versions and settings, spends this much more or less time in that "
      "phase, on this machine. They do not show that one language is faster than another: the programs also differ in "
      "their picture libraries, allocators, builds and bindings, and one program for each language is a sample "
      "of one."};
  const bool differing = std::any_of(analysis.languages.begin(), analysis.languages.end(),
                                     [](const LanguageRow& row) { return !row.same_version; });
  if (differing) {
    lines.push_back(
        "Not every pair reported that both use the same version of the runtime. If they do not, the runtime differs "
        "too, and the row does not compare languages at all.");
  }
  return lines;
}

}  // namespace kite::race
