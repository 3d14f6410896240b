// SPDX-License-Identifier: Apache-2.0
// Who may be ranked: contestants that are there, did not fail, and give the judge's answers.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

class Eligibility {
 public:
  Eligibility(const Journal& journal, const std::vector<CellSummary>& cells);

  // "" where the cell may be ranked, else why not.
  [[nodiscard]] const std::string& reason(const CellSummary& cell) const;
  [[nodiscard]] bool ranked(const CellSummary& cell) const { return reason(cell).empty(); }
  // Of a whole program that is judged by its answers alone.
  [[nodiscard]] Answered answered(const CellSummary& cell) const;
  // What page 1 lists as not ranked, in the plan's order; a contestant that is not there once.
  [[nodiscard]] const std::vector<NotRanked>& listed() const { return listed_; }
  // Models on which no contestant is ranked, and why: there is no judge, or it is doubted itself.
  [[nodiscard]] const std::map<std::string, std::string>& unranked_models() const { return unranked_; }

 private:
  std::map<std::int32_t, std::string> reasons_;  // by cell
  std::map<std::int32_t, Answered> answered_;
  std::vector<NotRanked> listed_;
  std::map<std::string, std::string> unranked_;
};

[[nodiscard]] std::vector<ParityRow> parity_rows(const Journal& journal);

}  // namespace kite::race
