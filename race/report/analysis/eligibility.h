// SPDX-License-Identifier: Apache-2.0
// Which contestants can be ranked: those that ran, did not fail, and agree with the judge.
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

  // "" if the cell can be ranked, otherwise why not.
  [[nodiscard]] const std::string& reason(const CellSummary& cell) const;
  [[nodiscard]] bool ranked(const CellSummary& cell) const { return reason(cell).empty(); }
  // How the answers of a whole program compare, if it is judged only by them.
  [[nodiscard]] Answered answered(const CellSummary& cell) const;
  // What page 1 lists as not ranked, in the plan's order. A contestant that did not run is listed once.
  [[nodiscard]] const std::vector<NotRanked>& listed() const { return listed_; }
  // Models on which no contestant is ranked, with the reason: there is no judge, or the judge may be wrong.
  [[nodiscard]] const std::map<std::string, std::string>& unranked_models() const { return unranked_; }

 private:
  std::map<std::int32_t, std::string> reasons_;  // by cell
  std::map<std::int32_t, Answered> answered_;
  std::vector<NotRanked> listed_;
  std::map<std::string, std::string> unranked_;
};

[[nodiscard]] std::vector<ParityRow> parity_rows(const Journal& journal);

}  // namespace kite::race
